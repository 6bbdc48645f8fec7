package access

import "time"

// How many views a visitor may ask for: so many a second in the long run, and so many at once. A page that is loaded
// asks for one, and so does each change of its filter or order; what the live view sends by itself is none.
const (
	viewsPerSecond = 20
	viewsAtOnce    = 100
)

// TakeView counts one more view that the visitor asks for; ok is false where those were too many of late. All pages,
// exports and live views of a session are counted together. Owners are not counted.
func (s *Session) TakeView(now time.Time) (ok bool) {
	if s == nil || s.Role == Owner {
		return true
	}
	return s.views.AllowN(now, 1)
}

// TakeView is that of the visitor whose view it is.
func (l *Look) TakeView(now time.Time) (ok bool) { return l == nil || l.session.TakeView(now) }
