package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// kill has the sockeye at an address end a process, as its page does: it asks, waits for the moment that an answer takes,
// and confirms. It prints the status and the body of the answer.
func kill(url, pid string) error {
	page := url + "/processes/" + pid + "/kill.json"
	asked, err := http.Get(page)
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	var question struct{ Order json.RawMessage }
	body, err := io.ReadAll(asked.Body)
	_ = asked.Body.Close()
	if err != nil || asked.StatusCode != http.StatusOK {
		return fmt.Errorf("ask: %s %s %w", asked.Status, body, err)
	}
	if err := json.Unmarshal(body, &question); err != nil {
		return fmt.Errorf("ask: %s: %w", body, err)
	}
	time.Sleep(time.Second)
	order, err := http.NewRequest(http.MethodPost, page, bytes.NewReader(question.Order))
	if err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	order.Header.Set("Content-Type", "application/json")
	order.Header.Set("Origin", url)
	done, err := http.DefaultClient.Do(order)
	if err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	defer done.Body.Close()
	body, err = io.ReadAll(done.Body)
	fmt.Printf("%d %s\n", done.StatusCode, body)
	return err
}
