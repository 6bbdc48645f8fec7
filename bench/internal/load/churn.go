package load

import (
	"context"
	"fmt"
	"net"
	"time"
)

// churnMessage is the payload of each short connection, from client to server: so many bytes are what an observer of
// all of them must have counted for each.
const churnMessage = "one short connection\n"

// churnTick is how often the connections that are due are made.
const churnTick = 10 * time.Millisecond

// Churn opens, uses and closes the spec's number of connections a second, one after another, until ctx ends, and
// returns how many there were. Where the machine cannot keep the pace, it makes as many as it can.
func (s *Set) Churn(ctx context.Context) (made int, err error) {
	if s.spec.Churn == 0 {
		<-ctx.Done()
		return 0, nil
	}
	ticks := time.NewTicker(churnTick)
	defer ticks.Stop()
	for tick := 1; ; tick++ {
		due := int(int64(tick) * int64(s.spec.Churn) * int64(churnTick) / int64(time.Second))
		for ; made < due && ctx.Err() == nil; made++ {
			if err := s.short(made); err != nil {
				return made, err
			}
		}
		select {
		case <-ctx.Done():
			return made, nil
		case <-ticks.C:
		}
	}
}

// short is one short connection.
func (s *Set) short(i int) error {
	client, server, err := s.pair(i)
	if err != nil {
		return err
	}
	return sendAndEnd(client, server)
}

func sendAndEnd(client, server *net.TCPConn) error {
	_, sent := client.Write([]byte(churnMessage))
	if err := endAfter(client, server); err != nil {
		return err
	}
	if sent != nil {
		return fmt.Errorf("send: %w", sent)
	}
	return nil
}
