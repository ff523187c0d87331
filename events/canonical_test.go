package events

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var (
	canonID   = "0193b2a4-7c1e-7def-8a3b-9f0e1d2c3b4a"
	canonTime = time.Date(2026, 11, 21, 10, 0, 0, 123_000_000, time.UTC)
	canonBob  = Person{ID: canonID, Name: "bob"}
)

// written returns message.posted events of every form that Encode gives them.
func written() (all [][]byte) {
	for _, data := range []MessagePostedData{
		{Key: canonID, Text: "hello"},
		{Key: canonID, Text: "a \"quote\", a \\ and\nlines\tand <b>&amp;</b> \u2028 안녕하세요 👋 \x7f"},
		{Key: canonID, Text: "", Room: "tea \"room\" 방"},
		{Key: canonID, Text: "hi @bob", Mentions: []Person{canonBob}, Room: "tea"},
		{Key: canonID, Text: "hi", Mentions: []Person{canonBob, {ID: canonID}, canonBob}, Direct: &canonBob},
	} {
		for _, name := range []string{"ada", "", "에이다", `a"b`} {
			all = append(all, New(MessagePosted, canonID, canonID, Person{canonID, name}, canonTime, data).Encode())
		}
	}
	return all
}

// same reports a difference between the quick and the full decoder, where the
// quick one accepts.
func same(t *testing.T, body []byte) (accepted bool) {
	t.Helper()
	if !utf8.Valid(body) {
		return false // Decode refuses it before
	}
	quick, ok := canonical(body)
	if !ok {
		return false
	}
	full, err := decode(body)
	if err != nil {
		t.Fatalf("the quick decoder accepts what the full one refuses (%v): %s", err, body)
	}
	if !reflect.DeepEqual(quick, full) {
		t.Fatalf("quick %+v\nfull  %+v", quick, full)
	}
	data, bad := DataOf[MessagePostedData](full)
	if text, err := TextOf(full); text != data.Text || (err == nil) != (bad == nil) {
		t.Fatalf("the text %q, %v\nis       %q, %v", text, err, data.Text, bad)
	}
	return true
}

func TestTheQuickDecoderReadsWhatIsWrittenAsTheFullOneDoes(t *testing.T) {
	for _, body := range written() {
		if !same(t, body) && !strings.Contains(string(body), `a\"b`) {
			t.Errorf("not read: %s", body)
		}
	}
}

// Whatever is done to a body, the quick decoder refuses it or means the same.
func TestTheQuickDecoderNeverMeansSomethingElse(t *testing.T) {
	accepted := 0
	for _, body := range written() {
		for i := range body {
			for _, b := range []byte{0, '\n', '"', '\\', '{', '}', ',', '0', 'u', 0xff, 'Z'} {
				changed := append([]byte(nil), body...)
				changed[i] = b
				if same(t, changed) {
					accepted++
				}
			}
			if same(t, body[:i]) || same(t, append(append([]byte(nil), body[:i]...), body[i:]...)) && same(t, body[i:]) && i > 0 {
				t.Fatalf("half a body is read: %s", body[:i])
			}
		}
		if same(t, append(append([]byte(nil), body...), ' ')) {
			t.Error("something after the end is read")
		}
	}
	if accepted == 0 {
		t.Error("nothing was accepted: nothing was compared")
	}
}

func TestAnEventIsWrittenAsTheStandardLibraryWritesIt(t *testing.T) {
	bodies := written()
	for _, e := range []Event{
		{Type: "poll<opened>", ID: "\x00", Scope: "\u2028", Actor: Person{Name: "a&b"}, Time: canonTime.Add(456), Version: -1},
		{Type: "x", Data: []byte(`[1]`), Time: time.Date(9999, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)), Version: 7},
		{Actor: Person{ID: "\xff"}},
	} {
		checkWritten(t, e)
	}
	for _, body := range bodies {
		if e, err := decode(body); err == nil {
			checkWritten(t, e)
		}
	}
}

func checkWritten(t *testing.T, e Event) {
	t.Helper()
	want, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Encode(); string(got) != string(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWhoeverIsNamedIsSeen(t *testing.T) {
	for data, want := range map[string]bool{
		`{"key":"k","text":"hi"}`:                                    true,
		`{"key":"k","text":"the \"mentions\"","room_name":"direct"}`: true,
		`{"key":"k","text":"hi","mentions":[]}`:                      false,
		`{"key":"k","text":"hi","Mentions":[{"id":"x"}]}`:            false,
		`{"key":"k","text":"hi","direct":{"id":"x"}}`:                false,
		`{"key":"k","text":"hi","room_name":"tea","DIRECT":{}}`:      false,
		`{"text":"hi","key":"k"}`:                                    false,
		`{"key":"k","text":"hi"} `:                                   false,
		`{"key":"k","text":"hi`:                                      false,
		``:                                                           false,
	} {
		if got := NamesNobody([]byte(data)); got != want {
			t.Errorf("%s: %v", data, got)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, body := range written() {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) { same(t, body) })
}

func BenchmarkDecode(b *testing.B) {
	body := New(MessagePosted, canonID, canonID, canonBob, canonTime, MessagePostedData{Key: canonID, Text: strings.Repeat("words ", 50), Room: "tea"}).Encode()
	for name, read := range map[string]func([]byte) (Event, error){"quick": Decode, "full": decode} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, err := read(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
