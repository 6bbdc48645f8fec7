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
// object of plain members (text, numbers, true, false) in UTF-8, each named exactly as its tag says and once at the
// most, and nothing after it. encoding/json alone takes the last of two members with one name, and "T" for "t", so
// that who checks a message and who reads it may see two different ones; and it takes null for anything.
func decodeStrictly(b []byte, into any) error {
	if !utf8.Valid(b) {
		return errors.New("not UTF-8")
	}
	if err := checkMembers(b, membersOf(into)); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// membersOf returns the names that the members of a struct have in JSON.
func membersOf(into any) map[string]bool {
	names, t := map[string]bool{}, reflect.TypeOf(into).Elem()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names[name] = true
	}
	return names
}

// checkMembers walks through an object. A name that was seen is taken out of names.
func checkMembers(b []byte, names map[string]bool) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("not an object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return fmt.Errorf("member: %w", err)
		}
		name, ok := key.(string)
		if !ok || !names[name] {
			return fmt.Errorf("a member is not known, or there twice: %.64q", name)
		}
		names[name] = false
		value, err := d.Token()
		if err != nil {
			return fmt.Errorf("member %s: %w", name, err)
		}
		switch value.(type) {
		case string, float64, bool:
		default:
			return fmt.Errorf("member %s is neither text nor number", name)
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("end of the object: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something stands after the object")
	}
	return nil
}
