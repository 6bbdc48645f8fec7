package web

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// order stands for what an action or a message may be.
type order struct {
	Name string  `json:"name"`
	PID  int     `json:"pid,omitempty"`
	Far  float64 `json:"far"`
	Yes  bool    `json:"yes"`
	Of   *inner  `json:"of,omitempty"`
}

// inner is what such a one may name.
type inner struct {
	ID uint64 `json:"id"`
}

// TestDecodeStrictly takes what has one meaning and nothing else.
//
//attack:w6 what two readers could read differently is refused
func TestDecodeStrictly(t *testing.T) {
	var got order
	if err := decodeStrictly([]byte(` {"pid":7,"name":"näme","yes":true,"far":-0.5} `), &got); err != nil || got != (order{"näme", 7, -0.5, true, nil}) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := decodeStrictly([]byte(`{"name":"x","of":{"id":18446744073709551615}}`), &got); err != nil || got.Of == nil || got.Of.ID != 1<<64-1 {
		t.Errorf("%+v, %v", got.Of, err)
	}
	for _, text := range []string{
		`{"of":{"id":1,"id":2}}`, `{"of":{"ID":1}}`, `{"of":{"id":{"id":1}}}`, `{"of":null}`, `{"of":{"id":1}`, `{"of":{"id":1},"of":{"id":2}}`, `{"of":7}`,
		``, `null`, `[]`, `"name"`, `7`, `{`, `{"name"`, `{"name":`, `{"name":"x"`, `{"name":"x",}`, `{"name":"x"}}`,
		`{"name":"x"} {}`, `{"name":"x"}x`, `{"name":"x","name":"x"}`, `{"name":"x","\u006eame":"y"}`, `{"Name":"x"}`,
		`{"name":"x","NAME":"y"}`, `{"other":1}`, `{"":1}`, `{"name":null}`, `{"name":["x"]}`, `{"name":{"name":"x"}}`,
		`{"pid":1.5}`, `{"pid":1e400}`, `{"pid":"1"}`, `{"pid":99999999999999999999}`, `{"name":1}`, `{"yes":1}`,
		"{\"name\":\"\xff\"}", "{\"name\":\"a\nb\"}", "\ufeff{}", "{\"name\":\"x\"}\x00", strings.Repeat(`{"name":`, 9999),
	} {
		if err := decodeStrictly([]byte(text), &order{}); err == nil {
			t.Errorf("%.80q is taken", text)
		}
	}
}

// FuzzDecodeStrictly: what is taken has each member once: written out in another order of members it reads the same.
func FuzzDecodeStrictly(f *testing.F) {
	f.Add(`{"name":"x","pid":1}`)
	f.Add(`{"name":"\ud800","far":1e308,"yes":false}`)
	f.Fuzz(func(t *testing.T, text string) {
		var got, again order
		if decodeStrictly([]byte(text), &got) != nil {
			return
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(text), &members); err != nil {
			t.Fatalf("%q is taken, and is %v", text, err)
		}
		sorted, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(sorted, &again); err != nil || !reflect.DeepEqual(got, again) {
			t.Fatalf("%q is %+v, and as %s it is %+v, %v", text, got, sorted, again, err)
		}
	})
}
