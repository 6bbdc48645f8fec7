package access

import "context"

// Role is what somebody may do. A greater one may do all that a smaller one may.
type Role uint8

const (
	// Nobody has not shown who they are: they see the door and nothing behind it.
	Nobody Role = iota
	// Viewer was let in by a link: sees connections and no command lines, and acts on nothing.
	Viewer
	// Owner is who started the program, or who has their secret.
	Owner
)

// String returns the role's name, as documents and tests write it.
func (r Role) String() string {
	switch r {
	case Viewer:
		return "viewer"
	case Owner:
		return "owner"
	}
	return "nobody"
}

// Caller is who sent a request. The zero value is nobody.
type Caller struct {
	// Role is what the caller may do with this request.
	Role Role
	// User is the owner's user where the system itself told whose request it is, as the system writes users; "" for all
	// who are known by a session, or not at all. What changes the machine asks for it: a cookie can be taken along.
	User string
	// Session is the caller's, nil where they need none: the owner whom the system knows, and nobody.
	Session *Session
	// Plain is set where the request came over a network without encryption: others can have read it.
	Plain bool
	// Why says to a caller who may not go on, in a sentence, what ended their session; "" where nothing did.
	Why string
}

// callerKey is the key of a Caller in a context.
type callerKey struct{}

// With returns ctx with the caller.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// Of returns the caller of a request's context; nobody where there is none.
func Of(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// RoleOf returns the role of the caller of a request's context; [Nobody] where there is none.
func RoleOf(ctx context.Context) Role { return Of(ctx).Role }
