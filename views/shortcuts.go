package views

import (
	"slices"
	"strings"
)

// shortcut is a key of the pages. The help sheet, docs/keys.md and the script are all made from the table of them:
// the script reads it out of the sheet.
type shortcut struct {
	// Keys are pressed one after the other; "Ctrl+K" stands for ⌘K as well.
	Keys []string
	// Action is what the script calls it. Where Href is set, it leads there.
	Action, Href string
	// Everywhere tells that it works on all pages, as all do that lead to one.
	Everywhere bool
	// Help says what it does, for the sheet and the palette.
	Help string
}

// shortcuts are the keys in the order of the help.
var shortcuts = []shortcut{
	{Keys: []string{"/"}, Action: "filter", Help: "Go to the filter"},
	{Keys: []string{"j"}, Action: "down", Help: "Next row"},
	{Keys: []string{"k"}, Action: "up", Help: "Previous row"},
	{Keys: []string{"Enter"}, Action: "open", Help: "Open the row"},
	{Keys: []string{"p"}, Action: "pause", Help: "Pause the table, or let it go on"},
	{Keys: []string{"s"}, Action: "sort", Help: "Sort now, though the pointer is in the table"},
	{Keys: []string{"f"}, Action: "freeze", Help: "Freeze the order of the rows, or let it go on"},
	{Keys: []string{"c"}, Action: "copy", Help: "Copy the row, or the link to this view where none is chosen"},
	{Keys: []string{"["}, Action: "earlier", Help: "Charts: an earlier time"},
	{Keys: []string{"]"}, Action: "later", Help: "Charts: a later time"},
	{Keys: []string{"l"}, Action: "live", Help: "Charts: back to live"},
	{Keys: []string{"g", "d"}, Action: "dashboard", Href: NavConnections, Help: "Go to all connections"},
	{Keys: []string{"g", "p"}, Action: "ports", Href: NavPorts, Help: "Go to the port lookup"},
	{Keys: []string{"g", "r"}, Action: "processes", Href: NavProcesses, Help: "Go to the processes"},
	{Keys: []string{"?"}, Action: "help", Everywhere: true, Help: "Show or hide these keys"},
	{Keys: []string{"Ctrl+K"}, Action: "palette", Everywhere: true, Help: "Find an action, a view, a page, a state, a process or a port"},
}

// commands are actions of the palette that have no key.
var commands = []shortcut{
	{Action: "columns", Help: "Choose the columns of the table"},
	{Action: "numbers", Help: "Show the charts as a table"},
	{Action: "picture", Help: "Save the charts as a picture (PNG)"},
	{Action: "print", Help: "Print the table and the charts"},
	{Action: "theme", Everywhere: true, Help: "Change the colour theme"},
}

// name is how the script compares keys.
func (s shortcut) name() string { return strings.Join(s.Keys, " ") }

// here returns those that work on the dashboard, or on other pages.
func here(all []shortcut, live bool) []shortcut {
	return slices.DeleteFunc(slices.Clone(all), func(s shortcut) bool { return !live && !s.Everywhere && s.Href == "" })
}
