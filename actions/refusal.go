package actions

// Reason is why nothing was done.
type Reason int

// The reasons.
const (
	Unsupported  Reason = iota + 1 // this system cannot do it
	Denied                         // it is never done to this target, or not for who asks
	NotPermitted                   // the system refuses it to this program, which lacks a right
	Changed                        // what was confirmed is another by now, or gone
	Unconfirmed                    // the confirmation is not known, too old, too young or used
	TooOften                       // acts follow each other too fast
	Unlogged                       // the audit log cannot be written
	Failed                         // the system failed
)

// Refusal is an error that says why nothing was done.
type Refusal struct {
	Reason Reason
	// Text says it to the reader in whole sentences. It holds nothing from outside.
	Text string
	// How says how a missing right is given; "" where that is not what is wrong.
	How string
	// Cause is for the log; it may be nil.
	Cause error
}

// Error returns the text and the cause.
func (r *Refusal) Error() string {
	if r.Cause != nil {
		return r.Text + " (" + r.Cause.Error() + ")"
	}
	return r.Text
}

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Cause }

// refuse makes a refusal.
func refuse(reason Reason, text string, cause error) *Refusal {
	return &Refusal{Reason: reason, Text: text, Cause: cause}
}
