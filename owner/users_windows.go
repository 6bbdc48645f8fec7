package owner

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// Users returns the user that this program works as, with an administrator's rights or without; nobody where the system
// does not tell. There is no variable of the environment that counts here.
func Users(func(string) (string, bool)) []string {
	me, err := userOf(windows.CurrentProcess())
	if err != nil {
		return nil
	}
	return []string{me}
}

// userOf returns the user that a process works as.
func userOf(process windows.Handle) (string, error) {
	var token windows.Token
	if err := windows.OpenProcessToken(process, windows.TOKEN_QUERY, &token); err != nil {
		return "", fmt.Errorf("%w: OpenProcessToken: %w", ErrUnknown, err)
	}
	defer token.Close()
	u, err := token.GetTokenUser()
	if err != nil {
		return "", fmt.Errorf("%w: GetTokenInformation: %w", ErrUnknown, err)
	}
	return u.User.Sid.String(), nil
}
