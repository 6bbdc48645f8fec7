package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	// starts is how often sockeye is started to measure how long it takes.
	starts = 7
	// pageSockets is how many sockets there are for the page to show.
	pageSockets = 500
)

// weighing measures the program's size, its start and its page, and prints the table.
func (b *bench) weighing(ctx context.Context) error {
	slog.Info("program and page")
	t := &table{title: "The program and its page", head: []string{"", ""}}
	t.add("binary, built with -trimpath -ldflags='-s -w'", size(b.codeSize))
	var runs []time.Duration
	for range starts {
		took, err := b.startTime(ctx)
		if err != nil {
			return err
		}
		runs = append(runs, took)
	}
	cells := times(runs)
	t.add(fmt.Sprintf("start to first answer, median of %d", starts), cells[1]+" ms")
	t.add("the longest of them", cells[2]+" ms")
	if err := b.weighPage(ctx, t); err != nil {
		return err
	}
	return b.page.print(t)
}

// startTime measures from the start of the process to its first 200.
func (b *bench) startTime(ctx context.Context) (took time.Duration, err error) {
	c, url, err := b.serverCommand(ctx)
	if err != nil {
		return 0, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	start := time.Now()
	p, _, err := launch(c, c.StderrPipe)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	for !healthy(ctx, client, url) {
		if err := sleep(ctx, time.Millisecond); err != nil {
			return 0, fmt.Errorf("wait for the first answer: %w", err)
		}
	}
	return time.Since(start), nil
}

// weighPage adds the bytes that a first visit transfers.
func (b *bench) weighPage(ctx context.Context, t *table) (err error) {
	crowd, err := b.hold(ctx, pageSockets)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, crowd.stop()) }()
	s, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	html, sent, err := transfer(ctx, s.url+"/")
	if err != nil {
		return err
	}
	t.add(fmt.Sprintf("HTML with %d rows, gzip", rowsIn(html)), size(sent))
	files := filesOf(html)
	sum := map[string]int{}
	for _, f := range files {
		_, sent, err := transfer(ctx, s.url+f)
		if err != nil {
			return err
		}
		sum[f[strings.LastIndexByte(f, '.')+1:]] += sent
	}
	t.add("JavaScript, gzip", size(sum["js"]))
	t.add("CSS, gzip", size(sum["css"]))
	t.add("icon", size(sum["svg"]))
	t.add("requests of a first visit, the WebSocket included", strconv.Itoa(1+len(files)+1))
	return nil
}

// pageFiles are the files that a page asks for: by link and by script.
var pageFiles = regexp.MustCompile(`<(?:link|script)\b[^>]*\b(?:href|src)="(/[^"]+\.[a-z]+)"`)

// filesOf returns the paths of the files that a page needs, in its order.
func filesOf(html string) (files []string) {
	for _, m := range pageFiles.FindAllStringSubmatch(html, -1) {
		files = append(files, m[1])
	}
	return files
}

// rowOf is the start of a table's row that shows a socket.
var rowOf = regexp.MustCompile(`<tr\b[^>]*\bdata-id="[0-9a-f]+"`)

// rowsIn counts the sockets that a page shows.
func rowsIn(html string) int { return len(rowOf.FindAllString(html, -1)) }

// transfer fetches a URL as a browser does, and returns what came and how many bytes of body that was on the way.
func transfer(ctx context.Context, url string) (text string, sent int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", 0, fmt.Errorf("fetch: %w", err)
	}
	r.Header.Set("Accept-Encoding", "gzip") // set by hand, it is not undone by net/http
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	answer, err := client.Do(r)
	if err != nil {
		return "", 0, fmt.Errorf("fetch: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", 0, fmt.Errorf("fetch %s: %s", url, answer.Status)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", 0, fmt.Errorf("fetch: %w", err)
	}
	text, err = plain(string(body), answer.Header.Get("Content-Encoding"))
	return text, len(body), err
}

// plain undoes a content encoding.
func plain(body, encoding string) (string, error) {
	if encoding != "gzip" {
		return body, nil
	}
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("gzip: %w", err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return "", fmt.Errorf("gzip: %w", err)
	}
	return string(text), nil
}
