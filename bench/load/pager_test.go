package load

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// history serves one page, in chunks unless whole is set.
func history(t *testing.T, whole bool) *Pager {
	body := `{"items":[{"seq":7,"event":{"data":{"text":"a quoted \"seq\":9 and {\"seq\":8"}}},{"seq":9,"event":{}}],"position":"0a1b2c3d-9","older":"0a1b2c3d-7"}`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer token":
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"code":"unauthenticated"}`)
		case r.URL.String() != "/api/rooms/"+roomID+"/messages?limit=50&before=0a1b2c3d-10":
			t.Errorf("it asks for %s", r.URL)
		case whole:
			fmt.Fprint(w, body)
		default:
			for part := range strings.SplitAfterSeq(body, "seq") {
				fmt.Fprint(w, part)
				w.(http.Flusher).Flush()
			}
		}
	}))
	t.Cleanup(s.Close)
	p, err := DialPager(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestAPagerReadsPagesOfAnyTransferOneAfterTheOther(t *testing.T) {
	for name, whole := range map[string]bool{"with a length": true, "in chunks": false} {
		t.Run(name, func(t *testing.T) {
			p := history(t, whole)
			for range 3 {
				page, err := p.Get("token", roomID, "0a1b2c3d-10", 50)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(page.Seqs, []uint64{7, 9}) || page.Older != "0a1b2c3d-7" || page.Position != "0a1b2c3d-9" {
					t.Errorf("it read %+v", page)
				}
			}
			if _, err := p.Get("another", roomID, "", 50); err == nil || err.Error() != "status 401 unauthenticated" {
				t.Errorf("a refusal is %v", err)
			}
		})
	}
}
