package web

import (
	"net/http"
	"testing"
)

// TestExportRoom: rows that wait for slow readers are bounded, one answer alone is always sent, and room is given back.
func TestExportRoom(t *testing.T) {
	room(t, func(t *testing.T, m *machine, s *Site) {
		s.room.most = 7
		for range 3 {
			for _, path := range []string{"/connections.json", "/connections.csv", "/connections.ndjson"} {
				if answer := ask(t, s, path, ""); answer.Code != http.StatusOK {
					t.Fatalf("%s: %d %s", path, answer.Code, answer.Body)
				}
			}
		}
		release, err := s.room.take(4) // somebody reads slowly
		if err != nil {
			t.Fatal(err)
		}
		if answer := ask(t, s, "/connections.json", ""); answer.Code != http.StatusServiceUnavailable {
			t.Errorf("five rows beside four of seven: %d", answer.Code)
		}
		if answer := ask(t, s, "/connections.json", "proto=udp"); answer.Code != http.StatusOK {
			t.Errorf("one row beside four of seven: %d", answer.Code)
		}
		release()
		s.room.most = 2
		if answer := ask(t, s, "/connections.csv", ""); answer.Code != http.StatusOK {
			t.Errorf("alone: %d", answer.Code)
		}
		if left := s.room.taken.Load(); left != 0 {
			t.Errorf("room for %d rows is never given back", left)
		}
	})
}
