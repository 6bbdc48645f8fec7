package views

// actionLevel is how the sentences of a page about an act look.
func actionLevel(mood string) string {
	if mood == "done" {
		return "normal"
	}
	return "watch"
}
