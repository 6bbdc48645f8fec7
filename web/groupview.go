package web

import (
	"slices"

	"sockeye/poller"
)

// Lines of a view are told apart by their numbers: rows have those of the roster, from 0 on, and groups the negative ones
// that groupLine makes of theirs.

// groupLine returns the number of the line of a group, and the group's number of such a line.
func groupLine(n int32) int32 { return ^n }

// fillGroups takes the groups anew where the table has had a poll that the view is told of only after this.
func (v *view) fillGroups(r *roster, t *poller.Table) {
	if seq := t.Status().Seq; seq != v.groups.seq {
		v.groups.fill(r, t)
	}
	v.seq = v.groups.seq
	v.countGroups()
}

// countGroups counts the lines.
func (v *view) countGroups() {
	v.matched, v.lines = v.groups.matched, len(v.groups.order)
	for _, one := range v.groups.expanded {
		v.lines += len(v.rowsOf(one))
	}
}

// rowsOf returns the rows that are to be seen of a group, in order.
func (v *view) rowsOf(one *group) []int32 {
	if one.rows == nil || !v.query.IsOpen(one.text) {
		return nil
	}
	return one.rows.numbers
}

// appendGroups appends the lines of the span: each group, and behind it its rows where it is open.
func (v *view) appendGroups(dst []int32, s span) []int32 {
	skip, left := s.offset, s.limit
	take := func(lines ...int32) {
		from := min(skip, len(lines))
		skip -= from
		lines = lines[from:]
		lines = lines[:min(left, len(lines))]
		left -= len(lines)
		dst = append(dst, lines...)
	}
	for _, n := range v.groups.order {
		if left == 0 {
			break
		}
		take(groupLine(n))
		take(v.rowsOf(v.groups.groups[n])...)
	}
	return dst
}

// placeInGroups returns how many lines stand before a row; ok is false where the row is in no open group. It walks to the
// group.
func (v *view) placeInGroups(r *roster, n int32) (rank int, ok bool) {
	if int(n) >= len(v.groups.shares) || v.groups.shares[n].group == 0 {
		return 0, false
	}
	of := v.groups.shares[n].group - 1
	one := v.groups.groups[of]
	rows := v.rowsOf(one)
	if rows == nil {
		return 0, false
	}
	at, ok := slices.BinarySearchFunc(rows, n, one.rows.compare(r))
	if !ok || rows[at] != n {
		return 0, false
	}
	for _, g := range v.groups.order {
		if g == of {
			break
		}
		rank += 1 + len(v.rowsOf(v.groups.groups[g]))
	}
	return rank + 1 + at, true
}

// isGone reports whether the line of that number, which was told of under an id, is no more: its socket is closed, or its
// group has no rows.
func (v *view) isGone(r *roster, line int32, id string) bool {
	if line >= 0 {
		return r.marks[line]&markClosed != 0
	}
	one := v.groups.groups[groupLine(line)]
	return one == nil || "="+one.text != id
}

// id returns the identity of a line: a row's is hexadecimal, a group's begins with "=".
func (v *view) id(r *roster, line int32) string {
	if line < 0 {
		return "=" + v.groups.groups[groupLine(line)].text
	}
	return r.rows[line].ID.String()
}
