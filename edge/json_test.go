package edge

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
)

type jsonInput struct {
	Text  string     `json:"text"`
	Seq   uint64     `json:"seq"`
	Rooms []jsonRoom `json:"rooms"`
}

type jsonRoom struct {
	Room string `json:"room"`
}

func TestGoodJSONIsRead(t *testing.T) {
	var in jsonInput
	err := decodeJSON([]byte(` {"text":"h\u00e9 \ud83d\ude00","seq":9223372036854775807,"rooms":[{"room":"a"}]} `+"\n"), &in)
	if err != nil || in.Text != "hé 😀" || in.Seq != 9223372036854775807 || in.Rooms[0].Room != "a" {
		t.Errorf("%+v %v", in, err)
	}
}

// badJSONBodies is what no request may hold, and where it is wrong.
func badJSONBodies() map[string]struct{ body, field string } {
	deep := strings.Repeat("[", 10_000)
	return map[string]struct{ body, field string }{
		"nothing":              {"", ""},
		"white space":          {" \n", ""},
		"half":                 {`{"text":"a"`, ""},
		"null":                 {`null`, ""},
		"null member":          {`{"text":null}`, "text"},
		"deep null":            {`{"rooms":[{"room":"a"},{"room":null}]}`, "rooms/1/room"},
		"unknown name":         {`{"text":"a","txet":"b"}`, "txet"},
		"another case":         {`{"TEXT":"a"}`, "TEXT"},
		"repeated name":        {`{"text":"a","text":"b"}`, "text"},
		"repeated by escapes":  {`{"text":"a","\u0074ext":"b"}`, "text"},
		"too deep":             {deep, ""},
		"too deep in a member": {`{"rooms":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, ""},
		"1e999":                {`{"seq":1e999}`, "seq"},
		"negative":             {`{"seq":-1}`, "seq"},
		"fraction":             {`{"seq":1.5}`, "seq"},
		"too large":            {`{"seq":18446744073709551616}`, "seq"},
		"number as text":       {`{"seq":"1"}`, "seq"},
		"text as number":       {`{"text":1}`, "text"},
		"list as object":       {`{"rooms":{}}`, "rooms"},
		"NUL":                  {`{"text":"a\u0000b"}`, "text"},
		"NUL in a name":        {`{"te\u0000xt":"b"}`, "te\x00xt"},
		"high surrogate":       {`{"text":"\ud800"}`, "text"},
		"low surrogate":        {`{"text":"\udc00x"}`, "text"},
		"surrogates reversed":  {`{"text":"\udc00\ud800"}`, "text"},
		"invalid UTF-8":        {"{\"text\":\"\xff\"}", "text"},
		"overlong UTF-8":       {"{\"text\":\"\xc0\x80\"}", "text"},
		"bare control":         {"{\"text\":\"a\nb\"}", "text"},
		"two values":           {`{"text":"a"}{"text":"b"}`, ""},
		"rest":                 {`{"text":"a"} x`, ""},
		"byte order mark":      {"\ufeff{}", ""},
		"comment":              {`{/**/}`, ""},
		"trailing comma":       {`{"text":"a",}`, ""},
		"single quotes":        {`{'text':'a'}`, ""},
		"NaN":                  {`{"seq":NaN}`, "seq"},
	}
}

func TestBadJSONIsABadRequestThatNamesThePlace(t *testing.T) {
	for name, bad := range badJSONBodies() {
		t.Run(name, func(t *testing.T) {
			var in jsonInput
			err := decodeJSON([]byte(bad.body), &in)
			var e *chat.Error
			if !errors.As(err, &e) || e.Code != chat.BadRequest || e.Detail == "" {
				t.Fatalf("%v, want bad_request; read %+v", err, in)
			}
			if deep := strings.Contains(e.Detail, "too deeply"); deep != strings.HasPrefix(name, "too deep") {
				t.Errorf("detail %q", e.Detail)
			}
			if bad.field != "" && e.Field != bad.field {
				t.Errorf("field %q, want %q (%v)", e.Field, bad.field, err)
			}
		})
	}
}

func FuzzWhatIsReadHoldsNoNULAndOnlyUTF8(f *testing.F) {
	for _, bad := range badJSONBodies() {
		f.Add([]byte(bad.body))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var in jsonInput
		if decodeJSON(data, &in) != nil {
			return
		}
		for _, text := range append([]string{in.Text}, fmt.Sprint(in.Rooms)) {
			if strings.ToValidUTF8(text, "") != text || strings.ContainsRune(text, 0) {
				t.Errorf("%q was read from %q", text, data)
			}
		}
	})
}

func TestClipKeepsWholeCharacters(t *testing.T) {
	if got := clip("ééé", 3); got != "é…" {
		t.Errorf("%q", got)
	}
	if got := clip("short", 5); got != "short" {
		t.Errorf("%q", got)
	}
}
