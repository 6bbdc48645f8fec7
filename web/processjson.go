package web

import (
	"time"

	"sockeye/processes"
)

// processJSON is a process as data. What is not known is null, and Notes says why, by the field's name.
type processJSON struct {
	PID             int32             `json:"pid"`
	Start           uint64            `json:"start"`
	Name            string            `json:"name"`
	Executable      *string           `json:"executable"`
	CommandLine     *[]string         `json:"command_line"`
	Directory       *string           `json:"directory"`
	User            *string           `json:"user"`
	StartedAt       *time.Time        `json:"started_at"`
	Parents         []parentJSON      `json:"parents"`
	Unit            *string           `json:"unit"`
	Container       *string           `json:"container"`
	Threads         *int              `json:"threads"`
	ResidentBytes   *uint64           `json:"resident_bytes"`
	VirtualBytes    *uint64           `json:"virtual_bytes"`
	CPUSeconds      *float64          `json:"cpu_seconds"`
	ReadBytes       *uint64           `json:"read_bytes"`
	WrittenBytes    *uint64           `json:"written_bytes"`
	Descriptors     *uint64           `json:"descriptors"`
	DescriptorLimit *uint64           `json:"descriptor_limit"`
	Notes           map[string]string `json:"notes"`
}

// parentJSON is a process in the line of descent.
type parentJSON struct {
	PID   int32  `json:"pid"`
	Start uint64 `json:"start"`
	Name  string `json:"name"`
}

// processOf turns details into data.
func processOf(d *processes.Details) *processJSON {
	notes := map[string]string{}
	p := &processJSON{
		PID: d.PID, Start: d.Start, Name: d.Name, Parents: []parentJSON{}, Notes: notes,
		Executable: valueOf(notes, "executable", d.Executable), CommandLine: valueOf(notes, "command_line", d.Args),
		Directory: valueOf(notes, "directory", d.Directory), User: valueOf(notes, "user", d.User),
		Unit: valueOf(notes, "unit", d.Unit), Container: valueOf(notes, "container", d.Container),
		Threads: valueOf(notes, "threads", d.Threads), ResidentBytes: valueOf(notes, "resident_bytes", d.Resident),
		VirtualBytes: valueOf(notes, "virtual_bytes", d.Virtual), Descriptors: valueOf(notes, "descriptors", d.Descriptors),
		ReadBytes: valueOf(notes, "read_bytes", d.Read), WrittenBytes: valueOf(notes, "written_bytes", d.Written),
		DescriptorLimit: valueOf(notes, "descriptor_limit", d.DescriptorLimit),
	}
	if started := valueOf(notes, "started_at", d.Started); started != nil {
		at := started.UTC()
		p.StartedAt = &at
	}
	if cpu := valueOf(notes, "cpu_seconds", d.CPU); cpu != nil {
		seconds := cpu.Seconds()
		p.CPUSeconds = &seconds
	}
	for _, parent := range d.Parents.Value {
		p.Parents = append(p.Parents, parentJSON{parent.PID, parent.Start, parent.Name})
	}
	return p
}

// valueOf returns a fact's value, or nil with the reason among the notes.
func valueOf[T any](notes map[string]string, name string, f processes.Fact[T]) *T {
	if !f.Known() {
		notes[name] = f.Note
		return nil
	}
	return &f.Value
}
