package meter

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

func TestABusyLoopIsSeen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("it reads /proc, which Linux has")
	}
	held := make([]byte, 64<<20)
	for i := range held {
		held[i] = byte(i)
	}
	m := Start(nil)
	for began := time.Now(); cpu([]int{os.Getpid()})-m.start[Bench] < 200*time.Millisecond; {
		if time.Since(began) > 20*time.Second {
			t.Fatal("no processor time shows after 20 s of work")
		}
	}
	usage := m.Stop()
	if used := usage.CPU[Bench]; used < 200*time.Millisecond || used > usage.Elapsed*time.Duration(runtime.NumCPU())+100*time.Millisecond {
		t.Errorf("a busy loop of %s used %s", usage.Elapsed, used)
	}
	if peak := usage.Peak[Bench]; peak < 64<<20 {
		t.Errorf("%d bytes were held, of which 64 MiB were written", peak)
	}
	runtime.KeepAlive(held)
}

func TestAProcessCountsWithItsChildrenUnlessItStandsAlone(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("it reads /proc, which Linux has")
	}
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	roles := Roles{"all": {os.Getpid()}, "alone": {-os.Getpid()}}
	all, alone := roles.processes("all", parents()), roles.processes("alone", parents())
	if len(alone) != 1 || alone[0] != os.Getpid() {
		t.Errorf("alone it is %v", alone)
	}
	found := false
	for _, pid := range all {
		found = found || pid == child.Process.Pid
	}
	if !found {
		t.Errorf("its family %v lacks the child %d", all, child.Process.Pid)
	}
}
