package events_test

//go:generate go test -count=1 -run TestGeneratedFilesAreCurrent . -update

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/natter-chat/natter/events"
)

var update = flag.Bool("update", false, "write docs/events.md and testdata instead of comparing them")

func TestGeneratedFilesAreCurrent(t *testing.T) {
	files := map[string][]byte{"../docs/events.md": document(t)}
	for _, row := range events.Table {
		files[golden(row.Type)] = indented(t, example(t, row.Type).Encode())
	}
	for path, want := range files {
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run `go generate ./events` and read the difference (%v)", path, err)
		}
	}
}

func TestNothingInTestdataIsLeftOver(t *testing.T) {
	found, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != len(events.Table) {
		t.Errorf("testdata holds %d examples for %d types of event", len(found), len(events.Table))
	}
}

// What was written once stays readable: the golden files are decoded as they
// are, whatever New and Encode do today.
func TestEveryGoldenEventIsDecodedAsItsExample(t *testing.T) {
	for _, row := range events.Table {
		body, err := os.ReadFile(golden(row.Type))
		if err != nil {
			t.Fatal(err)
		}
		got, err := events.Decode(body)
		if err != nil {
			t.Errorf("%s: %v", row.Type, err)
			continue
		}
		if want := example(t, row.Type); !bytes.Equal(indented(t, got.Encode()), indented(t, want.Encode())) {
			t.Errorf("%s decodes to\n%s, want\n%s", row.Type, got.Encode(), want.Encode())
		}
	}
}

func golden(typ events.Type) string { return filepath.Join("testdata", string(typ)+".json") }

func indented(t *testing.T, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	return out.Bytes()
}
