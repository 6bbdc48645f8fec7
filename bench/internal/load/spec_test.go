package load

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSpecCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		spec Spec
		want string // part of the error; "" for none
	}{
		"nothing":               {Spec{}, ""},
		"all kinds":             {Spec{Listen: 10, Established: 10_000, CloseWait: 20, TimeWait: 50, UDP: 10, Churn: 100}, ""},
		"as many as allowed":    {Spec{Listen: 100, Established: MaxSockets - 100}, ""},
		"negative":              {Spec{Listen: 1, UDP: -1}, "-1 is not a number of sockets"},
		"overflow":              {Spec{Listen: 1, CloseWait: 1 << 62}, "is not a number of sockets"},
		"one too many together": {Spec{Listen: 101, Established: MaxSockets - 100}, "too many"},
		"odd rounds up":         {Spec{Listen: 100, Established: MaxSockets - 101, UDP: 1}, "too many"},
		"no listener":           {Spec{Established: 2}, "need a listener"},
		"churn, no listener":    {Spec{Churn: 1}, "need a listener"},
		"too few listeners":     {Spec{Listen: 1, Established: 40_002}, "more than 1 listeners"},
		"listener just enough":  {Spec{Listen: 1, Established: 40_000}, ""},
		"too fast":              {Spec{Listen: 1, Churn: MaxChurn + 1}, "a second are too many"},
		"too fast together":     {Spec{Listen: 1, Established: 2, Churn: MaxChurn, Replace: 1}, "a second are too many"},
		"nothing to replace":    {Spec{Listen: 1, Replace: 1}, "only 0 are established"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.spec.Check()
			if tt.want == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// specs generates specs of modest size, with a listener wherever one is needed.
func specs() *rapid.Generator[Spec] {
	n := func(t *rapid.T, name string) int { return rapid.IntRange(0, 500).Draw(t, name) }
	return rapid.Custom(func(t *rapid.T) Spec {
		established := n(t, "established")
		return Spec{
			Listen:      1 + n(t, "listen"),
			Established: established,
			CloseWait:   n(t, "closewait"),
			TimeWait:    n(t, "timewait"),
			UDP:         n(t, "udp"),
			Churn:       n(t, "churn"),
			Replace:     rapid.IntRange(0, established/2).Draw(t, "replace"),
		}
	})
}

func TestSplitKeepsEverySocket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec, n := specs().Draw(t, "spec"), rapid.IntRange(1, MaxProcesses).Draw(t, "processes")
		shares := spec.Split(n)
		if want := min(n, spec.Listen); len(shares) != want {
			t.Fatalf("%d shares, want %d", len(shares), want)
		}
		var sum Spec
		for _, s := range shares {
			if err := s.Check(); err != nil {
				t.Fatalf("share %+v: %v", s, err)
			}
			if s.Sockets() > spec.Sockets()/len(shares)+8 {
				t.Fatalf("share %+v is not even", s)
			}
			sum.Listen += s.Listen
			sum.Established += s.Established
			sum.CloseWait += s.CloseWait
			sum.TimeWait += s.TimeWait
			sum.UDP += s.UDP
			sum.Churn += s.Churn
			sum.Replace += s.Replace
		}
		spec.Established += spec.Established % 2
		if diff := cmp.Diff(spec, sum); diff != "" {
			t.Fatalf("the shares together (-want +got):\n%s", diff)
		}
	})
}

func TestSplitWithoutListeners(t *testing.T) {
	if diff := cmp.Diff([]Spec{{UDP: 7}}, Spec{UDP: 7}.Split(4)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAddressesAreLoopbackAndDistinct(t *testing.T) {
	seen := map[string]int{}
	for process := range MaxProcesses {
		for i := range 1000 {
			a := address(process, i)
			if !a.IsLoopback() {
				t.Fatalf("process %d, listener %d: %s is not loopback", process, i, a)
			}
			seen[a.String()]++
		}
	}
	if got, want := len(seen), MaxProcesses*750+1; got != want {
		t.Errorf("%d addresses, want %d: 750 for each process, and ::1", got, want)
	}
}
