package diagnose

import (
	"testing"
)

func document(t *testing.T, title string, list []fault, reports []Report) {}
