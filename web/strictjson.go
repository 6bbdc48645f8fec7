package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"
)

// decodeStrictly reads b, the JSON of somebody who is not trusted, into the struct that into points to. It takes one
// object of plain members (text, numbers, true, false) and of further such objects where the struct has structs, in UTF-8,
// each member named exactly as its tag says and once at the most, and nothing after it. encoding/json alone takes the
// last of two members with one name, and "T" for "t", so that who checks a message and who reads it may see two
// different ones; and it takes null for anything.
func decodeStrictly(b []byte, into any) error {
	if !utf8.Valid(b) {
		return errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("not an object")
	}
	if err := checkMembers(d, reflect.TypeOf(into).Elem()); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something stands after the object")
	}
	return json.Unmarshal(b, into)
}

// membersOf returns the types of the members of a struct by their names in JSON.
func membersOf(t reflect.Type) map[string]reflect.Type {
	members := map[string]reflect.Type{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		members[name] = t.Field(i).Type
	}
	return members
}

// checkMembers walks through an object, whose opening brace was read, to its end.
func checkMembers(d *json.Decoder, t reflect.Type) error {
	left := membersOf(t)
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return fmt.Errorf("member: %w", err)
		}
		name, _ := key.(string)
		kind, ok := left[name]
		if !ok {
			return fmt.Errorf("a member is not known, or there twice: %.64q", name)
		}
		delete(left, name)
		if err := checkValue(d, kind); err != nil {
			return fmt.Errorf("member %s: %w", name, err)
		}
	}
	_, err := d.Token() // the closing brace
	return err
}

// checkValue walks through the value of a member of some type.
func checkValue(d *json.Decoder, kind reflect.Type) error {
	value, err := d.Token()
	if err != nil {
		return err
	}
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	switch value.(type) {
	case string, float64, bool:
		return nil
	case json.Delim:
		if value == json.Delim('{') && kind.Kind() == reflect.Struct {
			return checkMembers(d, kind)
		}
	}
	return errors.New("neither text nor number")
}
