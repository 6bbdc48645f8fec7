package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// churnMessage is the payload of each short connection, from client to server: so many bytes are what an observer of
// all of them must have counted for each.
const churnMessage = "one short connection\n"

// churnTick is how often the connections that are due are made.
const churnTick = 10 * time.Millisecond

// Churn opens, uses and closes the spec's number of short connections a second, and replaces its number of held ones,
// one after another, until ctx ends. It returns how many short ones there were. Where the machine cannot keep the
// pace, it makes as many as it can.
func (s *Set) Churn(ctx context.Context) (made int, err error) {
	if s.spec.Churn == 0 && s.spec.Replace == 0 {
		<-ctx.Done()
		return 0, nil
	}
	ticks := time.NewTicker(churnTick)
	defer ticks.Stop()
	replaced := 0
	for tick := 1; ; tick++ {
		for due := dueAt(tick, s.spec.Churn); made < due && ctx.Err() == nil; made++ {
			if err := s.short(made); err != nil {
				return made, err
			}
		}
		for due := dueAt(tick, s.spec.Replace); replaced < due && ctx.Err() == nil; replaced++ {
			if err := s.replace(replaced); err != nil {
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

// dueAt returns how many connections must have been made by a tick, at so many a second.
func dueAt(tick, pace int) int {
	return int(int64(tick) * int64(pace) * int64(churnTick) / int64(time.Second))
}

// replace closes the established connection whose turn it is and puts a new one in its place. The first sockets that
// are held are those of the established connections, in pairs; see Open.
func (s *Set) replace(i int) error {
	pair := s.held[i%s.spec.connections()*2:][:2]
	if err := errors.Join(pair[0].Close(), pair[1].Close()); err != nil {
		return fmt.Errorf("replace connection %d: %w", i, err)
	}
	client, server, err := s.pair(i)
	if err != nil {
		return err
	}
	pair[0], pair[1] = client, server
	return reset(client, server)
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
