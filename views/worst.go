package views

import "sockeye/diagnose"

// worstSeverity is the word for how much the first of the findings matters, "" where there is none.
func worstSeverity(list []diagnose.Finding) string {
	if len(list) == 0 {
		return ""
	}
	return list[0].Severity.String()
}

// worstTitle is the whole line, which may be cut where there is little room.
func worstTitle(list []diagnose.Finding) string {
	if len(list) == 0 {
		return "The rules over the socket table found nothing wrong. The diagnosis asks further."
	}
	return Whole(list[0].Sentence)
}
