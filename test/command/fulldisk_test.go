package command

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/cluster"
)

// smallDisk puts a file system of 24 MB where natter keeps its data. It takes
// root; as an ordinary user there is nothing to fill.
func smallDisk(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m,mode=0711"); err != nil {
		t.Skipf("this test needs a small disk, and mount says %v: run the tests as root", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

func TestNatterRunOutlivesAFullDiskOfTheLog(t *testing.T) {
	t.Parallel()
	database := testenv.StartPostgres(t, local.PostgresOptions{})
	b := newBox(t, nil)
	b.env = append(b.env, "DATABASE_URL="+database.URL(), "NATTER_POSTS_PER_SECOND=0")
	smallDisk(t, b.path(""))
	b.runs()
	b.opens()
	c := client.New(b.edges[0])
	if err := c.Signup(within(t), "ada", password); err != nil {
		t.Fatal(err)
	}
	room := lobby(t, c)
	ballast := filepath.Join(b.path(""), "ballast")
	fill(t, ballast)
	acked, refused := 0, 0
	for began := time.Now(); refused < 1; acked++ {
		if time.Since(began) > time.Minute {
			t.Fatalf("a full disk still takes posts: %d", acked)
		}
		words := fmt.Sprintf("post %d of the full disk %s", acked, strings.Repeat("x", 4000))
		if _, err := c.Post(within(t), room, chat.NewID(), words); err != nil {
			refused, acked = refused+1, acked-1
		}
	}
	b.says("starting the embedded NATS server again")
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	cluster.Eventually(t, time.Minute, func() error {
		_, err := c.Post(within(t), room, chat.NewID(), "there is room again")
		return err
	})
	all := strings.Join(lobbyTexts(t, c), "\n")
	for i := range acked {
		if !strings.Contains(all, fmt.Sprintf("post %d of the full disk ", i)) {
			t.Errorf("post %d was acknowledged and is lost", i)
		}
	}
	b.isStopped()
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for chunk := make([]byte, 64<<10); ; {
		if _, err := f.Write(chunk); err != nil {
			return
		}
	}
}
