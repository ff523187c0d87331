package command

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/cluster"
)

func TestNatterRunKeepsWhatWasSaidThroughStopsAndCrashes(t *testing.T) {
	t.Parallel()
	for who, account := range accounts(t) {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, account)
			b.runs()
			b.opens()
			ada := client.New(b.edges[0])
			if err := ada.Signup(within(t), "ada", password); err != nil {
				t.Fatal(err)
			}
			lobbyPost(t, ada, "said before the stop")
			b.isStopped()

			b.runs()
			b.opens()
			expectSaid(t, b, "said before the stop")
			lobbyPost(t, loggedIn(t, b.edges[1]), "said before the crash")
			b.isKilled()

			b.runs()
			b.opens()
			expectSaid(t, b, "said before the stop", "said before the crash")
			b.isStopped()
		})
	}
}

// loggedIn is ada at an edge.
func loggedIn(t *testing.T, edge string) *client.Client {
	t.Helper()
	ada := client.New(edge)
	if err := ada.Login(within(t), "ada", password); err != nil {
		t.Fatal(err)
	}
	return ada
}

// expectSaid expects the words, each once, on both edges.
func expectSaid(t *testing.T, b *box, words ...string) {
	t.Helper()
	for _, edge := range b.edges {
		all := strings.Join(lobbyTexts(t, loggedIn(t, edge)), "\n")
		for _, w := range words {
			if n := strings.Count(all, w); n != 1 {
				t.Errorf("%q is %d times in the lobby at %s:\n%s", w, n, edge, all)
			}
		}
	}
}

func TestNatterRunStopsInTimeWhilePeopleAreConnected(t *testing.T) {
	t.Parallel()
	b := newBox(t, nil)
	b.runs()
	b.opens()
	for i, edge := range b.edges {
		c := client.New(edge)
		if err := c.Signup(within(t), fmt.Sprintf("guest%d", i), password); err != nil {
			t.Fatal(err)
		}
		live := client.GoLive(t.Context(), c, edge)
		t.Cleanup(live.Close)
		if err := live.Follow(within(t), lobby(t, c), ""); err != nil {
			t.Fatal(err)
		}
	}
	b.isStopped()
}

func TestNatterRunRefusesAnAddressThatIsTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for flag, words := range map[string]string{"-listen": "choose another address with -listen", "-ops": "choose another address with -ops"} {
		b := newBox(t, nil)
		b.runs(flag, l.Addr().String())
		b.refuses(l.Addr().String(), "taken by another program", words)
	}
}

func TestNatterRunRefusesAFolderThatAnotherNatterUses(t *testing.T) {
	t.Parallel()
	first := newBox(t, nil)
	first.runs()
	first.opens()
	second := newBox(t, nil)
	second.runs("-data", first.path(""))
	second.refuses("another natter uses the data folder", "-data")
	first.isStopped()
}

func TestNatterRunKeepsItsSecretToItself(t *testing.T) {
	t.Parallel()
	b := newBox(t, nil)
	b.runs()
	b.opens()
	info, err := os.Stat(b.path("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the secret's mode is %v", info.Mode())
	}
	secret, err := os.ReadFile(b.path("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.said.String(), strings.TrimSpace(string(secret))) {
		t.Error("the secret is printed")
	}
	b.isStopped()
}

func TestNatterRunUsesTheServersThatItIsGiven(t *testing.T) {
	t.Parallel()
	nats := testenv.StartNATS(t, local.NATSOptions{Dir: t.TempDir()})
	database := testenv.StartPostgres(t, local.PostgresOptions{})
	b := newBox(t, nil)
	b.env = append(b.env, "NATS_URL="+nats.URL(), "NATS_MONITOR_URL="+nats.MonitorURL(), "DATABASE_URL="+database.URL())
	b.runs()
	b.opens()
	for _, folder := range []string{"nats", "postgres"} {
		if _, err := os.Stat(b.path(folder)); !os.IsNotExist(err) {
			t.Errorf("it made %s all the same (%v)", folder, err)
		}
	}
	b.isStopped()
}

func TestNatterRunBringsPostgreSQLBack(t *testing.T) {
	t.Parallel()
	b := newBox(t, nil)
	b.runs()
	b.opens()
	c := client.New(b.edges[0])
	if err := c.Signup(within(t), "ada", password); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(postgresOf(t, b), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.says("PostgreSQL ended; starting it again")
	cluster.Eventually(t, 30*time.Second, func() error { return client.New(b.edges[1]).Login(t.Context(), "ada", password) })
	b.isStopped()
}

// postgresOf returns the process of the database server.
func postgresOf(t *testing.T, b *box) int {
	t.Helper()
	raw, err := os.ReadFile(b.path("postgres/pgdata/postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}
