package events_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/natter-chat/natter/events"
)

func TestWhatIsEncodedIsDecodedUnchanged(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for _, row := range events.Table {
		for range 200 {
			payload := reflect.New(reflect.TypeOf(row.Payload)).Elem()
			randomize(t, payload, random)
			decent(payload)
			want := events.New(row.Type, message, room, ada, noon, payload.Interface())
			got, err := events.Decode(want.Encode())
			if err != nil {
				t.Fatalf("%s: %v", want.Encode(), err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("got %+v, want %+v", got, want)
			}
		}
	}
}

// randomize fills v, which testing/quick alone cannot: it knows no times.
func randomize(t *testing.T, v reflect.Value, random *rand.Rand) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(noon.Add(time.Duration(random.Int63()))))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			randomize(t, v.Field(i), random)
		}
	case v.Kind() == reflect.Pointer && random.Intn(2) == 0:
		v.Set(reflect.New(v.Type().Elem()))
		randomize(t, v.Elem(), random)
	case v.Kind() != reflect.Pointer:
		value, ok := quick.Value(v.Type(), random)
		if !ok {
			t.Fatalf("no random %s", v.Type())
		}
		v.Set(value)
	}
}

// decent gives people ids, and takes NULs away, everywhere within v.
func decent(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			decent(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			decent(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			decent(v.Field(i))
		}
		if v.Type() == reflect.TypeFor[events.Person]() {
			v.FieldByName("ID").SetString(bob.ID)
		}
	case reflect.String:
		v.SetString(strings.ReplaceAll(v.String(), "\x00", ""))
	}
}

// body returns an example's JSON with members replaced, or removed where the
// value is nil.
func body(t *testing.T, typ events.Type, change map[string]any) []byte {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(example(t, typ).Encode(), &members); err != nil {
		t.Fatal(err)
	}
	for name, value := range change {
		if members[name] = value; value == nil {
			delete(members, name)
		}
	}
	raw, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestDecodeCarriesThroughWhatItDoesNotKnow(t *testing.T) {
	cases := map[string]struct{ change map[string]any }{
		"an unknown type":                  {map[string]any{"type": "poll.opened", "data": []int{1}}},
		"an unknown type without data":     {map[string]any{"type": "poll.opened", "data": nil}},
		"a newer version with other data":  {map[string]any{"v": 2, "data": "sealed"}},
		"an unknown member":                {map[string]any{"thread": room}},
		"an unknown member of the payload": {map[string]any{"data": map[string]any{"text": "x", "mood": "good"}}},
		"no actor":                         {map[string]any{"actor": nil}},
		"a NUL that is only written about": {map[string]any{"data": map[string]any{"text": "\\u0000"}}},
	}
	for name, c := range cases {
		ev, err := events.Decode(body(t, events.MessagePosted, c.change))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want, ok := c.change["data"]; ok && want != nil {
			raw, _ := json.Marshal(want)
			if !bytes.Equal(ev.Data, raw) {
				t.Errorf("%s: data became %s", name, ev.Data)
			}
		}
	}
}

func TestDecodeRefusesWhatNoReaderCouldUse(t *testing.T) {
	cases := map[string][]byte{
		"nothing":                   nil,
		"null":                      []byte("null"),
		"a number":                  []byte("1e999"),
		"half an object":            []byte(`{"type":"message.posted"`),
		"two objects":               append(body(t, events.MessagePosted, nil), "{}"...),
		"binary":                    {0xff, 0x00, 0x01},
		"ten thousand levels":       []byte(strings.Repeat(`{"data":`, 10_001) + "0" + strings.Repeat("}", 10_001)),
		"no type":                   body(t, events.MessagePosted, map[string]any{"type": nil}),
		"no time":                   body(t, events.MessagePosted, map[string]any{"time": nil}),
		"a time in words":           body(t, events.MessagePosted, map[string]any{"time": "noon"}),
		"no version":                body(t, events.MessagePosted, map[string]any{"v": nil}),
		"a version below 1":         body(t, events.MessagePosted, map[string]any{"v": -1}),
		"no id":                     body(t, events.MessagePosted, map[string]any{"id": nil}),
		"an id with a wildcard":     body(t, events.MessagePosted, map[string]any{"id": "*"}),
		"a scope with a dot":        body(t, events.MessagePosted, map[string]any{"scope": "a.b"}),
		"an upper-case scope":       body(t, events.MessagePosted, map[string]any{"scope": strings.ToUpper(room)}),
		"an actor without a UUID":   body(t, events.MessagePosted, map[string]any{"actor": map[string]any{"id": "ada"}}),
		"no data of a known type":   body(t, events.MessagePosted, map[string]any{"data": nil}),
		"data that is an array":     body(t, events.MessagePosted, map[string]any{"data": []int{}}),
		"data of another shape":     body(t, events.MessagePosted, map[string]any{"data": map[string]any{"text": 7}}),
		"half a rune in a text":     bytes.Replace(body(t, events.MessagePosted, map[string]any{"data": map[string]any{"key": key, "text": "half"}}), []byte("half"), []byte("\xc3"), 1),
		"half a rune, canonical":    bytes.Replace(events.New(events.MessagePosted, message, room, ada, noon, events.MessagePostedData{Key: key, Text: "half"}).Encode(), []byte("half"), []byte("\xc3"), 1),
		"a text with a NUL":         body(t, events.MessagePosted, map[string]any{"data": map[string]any{"key": key, "text": "a\x00b"}}),
		"a name with a NUL":         body(t, events.MemberLeft, map[string]any{"actor": map[string]any{"id": bob.ID, "name": "\x00"}}),
		"a mention of no person":    body(t, events.MessagePosted, map[string]any{"data": map[string]any{"text": "x", "mentions": []any{map[string]any{"id": "bob"}}}}),
		"a leave of nobody":         body(t, events.MemberLeft, map[string]any{"data": map[string]any{"rev": 1}}),
		"a direct room with nobody": body(t, events.MessagePosted, map[string]any{"data": map[string]any{"text": "x", "direct": map[string]any{}}}),
		"a negative sequence":       body(t, events.ReadMarked, map[string]any{"data": map[string]any{"seq": -1}}),
		"a sequence with a comma":   body(t, events.ReadMarked, map[string]any{"data": map[string]any{"seq": 1.5}}),
	}
	for name, raw := range cases {
		if ev, err := events.Decode(raw); !errors.Is(err, events.ErrUndecodable) {
			t.Errorf("%s: got %+v, %v; want ErrUndecodable", name, ev, err)
		}
	}
}

func TestAnEntryMustStandOnItsOwnSubject(t *testing.T) {
	posted := body(t, events.MessagePosted, nil)
	cases := map[string]struct {
		stream  events.Stream
		subject string
		good    bool
	}{
		"its room":       {events.Chat, "chat." + room, true},
		"another room":   {events.Chat, "chat." + key, false},
		"another stream": {events.Reads, "read." + room, false},
		"a wildcard":     {events.Chat, "chat.>", false},
	}
	for name, c := range cases {
		ev, err := events.Entry{Stream: c.stream, Subject: c.subject, Body: posted, Trace: "00-x"}.Event()
		if c.good != (err == nil) || !c.good && !errors.Is(err, events.ErrUndecodable) {
			t.Errorf("%s: %v", name, err)
		}
		if c.good && ev.Trace != "00-x" {
			t.Errorf("%s: the trace %q is not the entry's", name, ev.Trace)
		}
	}
}

// FuzzDecode checks on any bytes that Decode neither panics nor lets through
// what would later break a subject, and that what it accepts can be written
// again and means the same.
func FuzzDecode(f *testing.F) {
	for _, row := range events.Table {
		f.Add(example(f, row.Type).Encode())
	}
	for _, seed := range []string{"", "null", "[]", `{"type":"x"}`, `{"TYPE":"x","Id":"*"}`, "\xff\xfe", `{"data":{"text":"\u0000"}}`,
		`{"type":"x","type":"message.posted"}`, `{"time":"0001-01-01T00:00:00Z"}`, `{"time":"9999-12-31T23:59:59.999999999+23:59"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		ev, err := events.Decode(raw)
		if err != nil {
			if !errors.Is(err, events.ErrUndecodable) {
				t.Fatalf("an error without ErrUndecodable: %v", err)
			}
			return
		}
		if !events.IsID(ev.ID) || !events.IsID(ev.Scope) || ev.Version < 1 {
			t.Fatalf("accepted %+v", ev)
		}
		again, err := events.Decode(ev.Encode())
		if err != nil {
			t.Fatalf("what was accepted is refused when written again: %v\n%s", err, ev.Encode())
		}
		if !bytes.Equal(again.Encode(), ev.Encode()) {
			t.Fatalf("%s became %s", ev.Encode(), again.Encode())
		}
	})
}
