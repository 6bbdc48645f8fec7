package query

import (
	"unicode"
	"unicode/utf8"
)

// folded is text made ready for case-blind search: each letter stands for all letters of its simple case folding
// (Unicode, CaseFolding.txt, status C and S). A byte that is not UTF-8 is kept apart from all characters, as -1-byte.
type folded []rune

// fold makes text ready for search.
func fold(text string) folded {
	f := make(folded, 0, len(text))
	for i := 0; i < len(text); {
		r, size := letter(text[i:])
		f = append(f, r)
		i += size
	}
	return f
}

// letter returns the first folded letter of a text that is not empty, and its length in bytes.
func letter[T string | []byte](text T) (rune, int) {
	if b := text[0]; b < utf8.RuneSelf {
		return foldRune(rune(b)), 1
	}
	// The conversion is of four bytes at most and stays on the stack.
	r, size := utf8.DecodeRuneInString(string(text[:min(len(text), utf8.UTFMax)]))
	if r == utf8.RuneError && size == 1 {
		return -1 - rune(text[0]), 1
	}
	return foldRune(r), size
}

// foldRune returns the smallest of the letters that differ from r by case only.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}
	for {
		next := unicode.SimpleFold(r)
		if next <= r {
			return next
		}
		r = next
	}
}

// contains reports whether text has want in it, whatever the case of either. Nothing is allocated.
func contains[T string | []byte](text T, want folded) bool {
	if len(want) == 0 {
		return true
	}
	for len(text) > 0 {
		r, size := rune(text[0]), 1
		switch {
		case r >= utf8.RuneSelf:
			r, size = letter(text)
		case 'a' <= r && r <= 'z': // as foldRune does, without a call for each of the most frequent letters
			r -= 'a' - 'A'
		}
		text = text[size:]
		if r == want[0] && begins(text, want[1:]) {
			return true
		}
	}
	return false
}

// begins reports whether text starts with want.
func begins[T string | []byte](text T, want folded) bool {
	for _, w := range want {
		if len(text) == 0 {
			return false
		}
		r, size := letter(text)
		if r != w {
			return false
		}
		text = text[size:]
	}
	return true
}

// equals reports whether text is want and nothing else, whatever the case of either.
func equals(text string, want folded) bool {
	for _, w := range want {
		if text == "" {
			return false
		}
		r, size := letter(text)
		if r != w {
			return false
		}
		text = text[size:]
	}
	return text == ""
}

// compareFolded orders texts by their folded letters: 0 means that they differ by case only.
func compareFolded(a, b string) int {
	for a != "" && b != "" {
		ra, na := letter(a)
		rb, nb := letter(b)
		if ra != rb {
			return int(ra) - int(rb)
		}
		a, b = a[na:], b[nb:]
	}
	return len(a) - len(b)
}
