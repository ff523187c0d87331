package test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/client"
)

func TestBadRequestsAreRefusedAndLeaveNothing(t *testing.T) {
	w := town(t)
	alice := w.Person("alice")
	room := alice.Creates("tea")
	alice.Posts(room, "hi")
	messages := "/api/rooms/" + room + "/messages"
	text := func(s string) string { return fmt.Sprintf(`{"key":%q,"text":%s}`, chat.NewID(), s) }
	cases := map[string]struct {
		method, path, body string
		want               []int
	}{
		"null":                         {"POST", messages, `null`, []int{400, 422}},
		"an unknown member":            {"POST", messages, fmt.Sprintf(`{"key":%q,"text":"hi","bold":1}`, chat.NewID()), []int{400, 422}},
		"a repeated member":            {"POST", messages, fmt.Sprintf(`{"key":%q,"text":"hi","text":"ho"}`, chat.NewID()), []int{400, 422}},
		"a NUL":                        {"POST", messages, text(`"a\u0000b"`), []int{400, 422}},
		"a lone surrogate":             {"POST", messages, text(`"\ud800"`), []int{400, 422}},
		"bytes, not UTF-8":             {"POST", messages, text("\"\xff\""), []int{400, 422}},
		"1e999":                        {"PUT", "/api/rooms/" + room + "/read", `{"seq":1e999}`, []int{400, 422}},
		"a negative seq":               {"PUT", "/api/rooms/" + room + "/read", `{"seq":-1}`, []int{400, 422}},
		"reading the future":           {"PUT", "/api/rooms/" + room + "/read", `{"seq":99999999}`, []int{400, 422}},
		"depth":                        {"POST", messages, strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), []int{400, 422}},
		"no key":                       {"POST", messages, `{"text":"hi"}`, []int{400, 422}},
		"a body of 1 MB":               {"POST", messages, text(`"` + strings.Repeat("x", 1<<20) + `"`), []int{413}},
		"a wildcard room":              {"GET", "/api/rooms/*/messages", "", []int{400}},
		"a deep wildcard":              {"GET", "/api/rooms/%3E/messages", "", []int{400}},
		"a dotted room":                {"GET", "/api/rooms/a.b/messages", "", []int{400}},
		"CR LF in the room":            {"GET", "/api/rooms/a%0D%0APUB%20x/messages", "", []int{400}},
		"a path for a room":            {"GET", "/api/rooms/..%2F..%2Fx/messages", "", []int{400}},
		"a room in capitals":           {"GET", "/api/rooms/" + strings.ToUpper(room) + "/messages", "", []int{400}},
		"no such room":                 {"GET", "/api/rooms/" + chat.NewID() + "/messages", "", []int{404}},
		"a forged cursor":              {"GET", messages + "?before=x", "", []int{400}},
		"a cursor of 4 KB":             {"GET", messages + "?before=" + strings.Repeat("1", 4096), "", []int{400, 414, 431}},
		"a cursor of 1 MB":             {"GET", messages + "?before=" + strings.Repeat("1", 1<<20), "", []int{400, 414, 431}},
		"a foreign cursor":             {"GET", messages + "?before=00000000-1", "", []int{400, 410}},
		"both cursors":                 {"GET", messages + "?before=00000000-1&after=00000000-1", "", []int{400, 410}},
		"too large a page":             {"GET", messages + "?limit=100000", "", []int{400, 422}},
		"a negative page":              {"GET", messages + "?limit=-1", "", []int{400, 422}},
		"a bad name":                   {"POST", "/api/signup", `{"name":"a b","email":"n@example.org","password":"long enough"}`, []int{400, 422}},
		"an invisible name":            {"POST", "/api/signup", `{"name":"al\u200bice","email":"n@example.org","password":"long enough"}`, []int{400, 422}},
		"a name that turns":            {"POST", "/api/signup", `{"name":"al\u202eice","email":"n@example.org","password":"long enough"}`, []int{400, 422}},
		"a short password":             {"POST", "/api/signup", fmt.Sprintf(`{"name":%q,"email":"n@example.org","password":"x"}`, "n"+random(4)), []int{400, 422}},
		"an address with a line break": {"POST", "/api/signup", `{"name":"alice","email":"n@example.org\r\nBcc: e@example.org","password":"long enough"}`, []int{400, 422}},
		"a flow that is no id":         {"POST", "/api/signup/verify", `{"flow":"*","code":"12345678"}`, []int{401}},
		"a wrong password":             {"POST", "/api/login", fmt.Sprintf(`{"name":%q,"password":"long enough"}`, alice.Name), []int{401}},
		"a stranger's login":           {"POST", "/api/login", fmt.Sprintf(`{"name":%q,"password":"long enough"}`, "n"+random(4)), []int{401}},
		"a bad kind of room":           {"POST", "/api/rooms", `{"kind":"secret","name":"x"}`, []int{400, 422}},
		"an unknown path":              {"GET", "/api/nothing", "", []int{404}},
		"a method not allowed":         {"DELETE", messages, "", []int{404, 405}},
		"a body in another form":       {"POST", messages, "text=hi", []int{400, 415, 422}},
	}
	unharmed(t, w, func() {
		for name, c := range cases {
			if got := alice.raw(c.method, c.path, c.body, alice.Token()); !contained(c.want, got.status) {
				t.Errorf("%s: %d %.200s, want one of %d", name, got.status, got.body, c.want)
			} else if !strings.HasPrefix(got.contentType, "application/problem+json") && got.status != 431 && got.status != 414 && !strings.Contains(c.path, "1111111") {
				t.Errorf("%s: the error has the content type %q", name, got.contentType)
			}
		}
	})
}

func TestTokensThatAreNotOursAreRefused(t *testing.T) {
	w := town(t)
	alice := w.Person("alice")
	part := strings.Split(alice.Token(), ".")
	b64 := base64.RawURLEncoding
	now := time.Now().Unix()
	claims := func(s string) string { return b64.EncodeToString([]byte(s)) }
	hs := func(header, payload string) string {
		signed := b64.EncodeToString([]byte(header)) + "." + payload
		mac := hmac.New(sha256.New, []byte("public"))
		mac.Write([]byte(signed))
		return signed + "." + b64.EncodeToString(mac.Sum(nil))
	}
	tokens := map[string]string{
		"nothing":              "",
		"a word":               "word",
		"alg none":             claims(`{"alg":"none","typ":"at+jwt"}`) + "." + part[1] + ".",
		"alg none, signed":     claims(`{"alg":"none","typ":"at+jwt"}`) + "." + part[1] + "." + part[2],
		"HS256":                hs(`{"alg":"HS256","typ":"at+jwt"}`, part[1]),
		"another's payload":    part[0] + "." + claims(fmt.Sprintf(`{"iss":"natter","aud":"natter","exp":%d}`, now+60)) + "." + part[2],
		"a broken signature":   part[0] + "." + part[1] + "." + strings.Repeat("A", len(part[2])),
		"a trailing signature": alice.Token() + ".x",
		"1 MB of dots":         strings.Repeat(".", 900_000),
		"many dots":            strings.Repeat(".", 3000),
	}
	unharmed(t, w, func() {
		for name, token := range tokens {
			if got := alice.raw("GET", "/api/me", "", token).status; got != 401 && !(got == 431 && len(token) > 60_000) {
				t.Errorf("%s over HTTP: %d, want 401", name, got)
			}
			if len(token) > 50_000 {
				continue
			}
			s, err := client.Dial(alice.ctx(), w.Edges[0].URL, client.DialOptions{})
			alice.must("dial", err)
			if _, err := s.Auth(alice.ctx(), token); err == nil {
				t.Errorf("%s was welcomed", name)
			}
			wait(t, s.Done(), "the refused socket's end")
			if got := s.End().Code; got != 4401 {
				t.Errorf("%s: closed with %d, want 4401", name, got)
			}
		}
	})
}

func TestSlowAndOversizedRequestsEnd(t *testing.T) {
	w := town(t)
	e := w.Edges[0]
	unharmed(t, w, func() {
		big := dial(t, e)
		big.Sends([]byte("GET /api/me HTTP/1.1\r\nHost: x\r\nX-Big: " + strings.Repeat("x", 1<<20) + "\r\n\r\n"))
		if got := big.Status(); got != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("a header of 1 MB: %d, want 431", got)
		}
		start := time.Now()
		headers := dial(t, e)
		headers.Says("GET /api/me HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		body := dial(t, e)
		body.Says("POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
		drip := dial(t, e)
		drip.Says("POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
		go func() {
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			for range tick.C {
				if _, err := drip.Write([]byte(" ")); err != nil {
					return
				}
			}
		}()
		for what, conn := range map[string]*wire{"slow headers": headers, "a slow body": body, "a byte a second": drip} {
			conn.Ends(15 * time.Second)
			if took := time.Since(start); took > 13*time.Second {
				t.Errorf("%s: closed after %s, want about 10 s", what, took)
			}
		}
	})
}

func TestWhatIsWrittenIntoAStreamIsOneEvent(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice"), w.Person("bob").On(w.Edges[1])
	bob.Listens()
	room := alice.Opens(bob)
	for i, text := range []string{"a\r\n\r\nevent: bye\r\ndata: {}", "a\ndata: x", "a\rid: 1", "\u2028data: x", "<script>alert(1)</script>"} {
		alice.Posts(room, text)
		bob.IsTold("direct", i+1)
	}
	if got := bob.bell.Rings(); len(got) != 5 {
		t.Errorf("the bell rang %d times, want 5", len(got))
	}
}

type rawAnswer struct {
	status            int
	contentType, body string
}

// raw sends a request as it is.
func (p *Person) raw(method, path, body, token string) rawAnswer {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.ctx(), method, p.Edge+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if strings.HasPrefix(body, "text=") {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return rawAnswer{body: err.Error()}
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(res.Body)
	return rawAnswer{res.StatusCode, res.Header.Get("Content-Type"), string(answer)}
}
