package query

// closest returns the name that the writer of word may have meant: the first one at the least distance, which is at
// most 2, and a third of the word's letters, rounded; "" where there is none.
func closest(word string, names []string) string {
	best, found := min(2, (len(word)+1)/3), ""
	if len(word) > shownBytes {
		return ""
	}
	for _, name := range names {
		if d := distance(word, name); d < best || d == best && found == "" {
			best, found = d, name
		}
	}
	return found
}

// distance is the number of letters to insert, remove, replace or swap with their neighbour to make b of a: the
// Damerau-Levenshtein distance in its restricted form (no letter is edited twice). It counts bytes.
func distance(a, b string) int {
	older, old, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+differ(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, old, row = old, row, older
	}
	return old[len(b)]
}

// differ returns 0 for equal bytes and 1 for others.
func differ(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}
