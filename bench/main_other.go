//go:build !linux

package main

import (
	"log/slog"
	"os"
)

func main() {
	slog.Error("the benchmark runs on Linux only")
	os.Exit(1)
}
