package edge

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	strict "github.com/go-json-experiment/json"
)

// samePost reports a difference between the two ways to read a post.
func samePost(t *testing.T, message []byte) (plain bool) {
	t.Helper()
	f, ok := plainPost(message)
	if !ok || !utf8.Valid(message) { // the reader closes with 1007 before
		return false
	}
	var want postFrame
	if err := checkJSON(message); err != nil {
		t.Fatalf("accepted, though it is refused otherwise (%v): %s", err, message)
	}
	if err := strict.Unmarshal(message, &want, strict.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("accepted, though it is refused otherwise (%v): %s", err, message)
	}
	if f != want {
		t.Fatalf("%+v, otherwise %+v: %s", f, want, message)
	}
	return true
}

func TestAPlainPostIsReadAsTheStrictDecoderReadsIt(t *testing.T) {
	for _, text := range []string{"hi", "", "안녕 👋", "a, b: {c} [d] 'e' </f> \x7f"} {
		raw, err := strict.Marshal(postFrame{Op: "post", ID: 42, Room: "a room", Key: "a key", Text: text})
		if err != nil {
			t.Fatal(err)
		}
		if !samePost(t, raw) {
			t.Errorf("not read: %s", raw)
		}
		for i := range raw {
			for _, b := range []byte("\"\\{},:0u \n\x00") {
				changed := append([]byte(nil), raw...)
				changed[i] = b
				samePost(t, changed)
			}
			samePost(t, raw[:i])
			samePost(t, raw[i:])
		}
	}
}

func TestWhatIsNotPlainIsLeftToTheStrictDecoder(t *testing.T) {
	escaped, _ := json.Marshal("a \"quote\"")
	for _, message := range []string{
		`{"op":"post","id":0,"room":"r","key":"k","text":"t"}`,
		`{"op":"post","id":9007199254740992,"room":"r","key":"k","text":"t"}`,
		`{"op":"post","id":-1,"room":"r","key":"k","text":"t"}`,
		`{"op":"post","id":1e3,"room":"r","key":"k","text":"t"}`,
		`{"op":"post","room":"r","key":"k","text":"t"}`,
		`{"op":"post","id":1,"room":"r","key":"k","text":"t","text":"u"}`,
		`{"op":"post","id":1,"room":"r","key":"k","text":"t","mood":"m"}`,
		`{"op":"post","id":1,"room":"r","key":"k","text":"t"} `,
		`{"op":"post","id":1,"room":"r","key":"k","text":` + string(escaped) + `}`,
		`{"op":"post","id":1,"room":"r","key":"k","text":"` + strings.Repeat("t", 10) + "\n" + `"}`,
		`{"op":"post","id":1,"room":null,"key":"k","text":"t"}`,
	} {
		if f, ok := plainPost([]byte(message)); ok {
			t.Errorf("read as %+v: %s", f, message)
		}
	}
}

func FuzzPlainPost(f *testing.F) {
	f.Add([]byte(`{"op":"post","id":1,"room":"r","key":"k","text":"t"}`))
	f.Fuzz(func(t *testing.T, message []byte) { samePost(t, message) })
}
