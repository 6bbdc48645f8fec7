package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"fmt"
	"io"
	"time"
)

// file is one of an archive.
type file struct {
	name       string
	text       []byte
	executable bool
}

// mode returns the file's rights.
func (f *file) mode() int64 {
	if f.executable {
		return 0o755
	}
	return 0o644
}

// pack returns an archive with files in a folder, all of one time. Equal files give equal bytes.
func (t target) pack(folder string, files []file, at time.Time) ([]byte, error) {
	if t.os == "windows" {
		return packZip(folder, files, at)
	}
	return packTar(folder, files, at)
}

// packTar makes a .tar.gz. Neither it nor its parts say who made them, where, or when but for the commit's time.
func packTar(folder string, files []file, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	compressed, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	archive := tar.NewWriter(compressed)
	for _, f := range files {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: folder + "/" + f.name, Mode: f.mode(), Size: int64(len(f.text)), ModTime: at.UTC(), Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		if _, err := archive.Write(f.text); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	if err := compressed.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// packZip makes a .zip.
func packZip(folder string, files []file, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, f := range files {
		part, err := archive.CreateHeader(&zip.FileHeader{Name: folder + "/" + f.name, Method: zip.Deflate, Modified: at.UTC()})
		if err == nil {
			_, err = part.Write(f.text)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
