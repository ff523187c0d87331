package edge

import (
	"strings"
	"testing"
)

func TestAnEmptyListIsAListAndNotNull(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, "public", "tea").ID
	newest := ada.reads(one, room, "").Position
	for _, path := range []string{
		"/api/notifications",
		"/api/rooms/public?query=nothing-like-this",
		"/api/rooms/" + room + "/messages?after=" + newest,
		"/api/rooms/" + room + "/events?wait=0&after=" + newest,
	} {
		if body := string(ada.call(one, "GET", path, "").must(t, 200).body); strings.Contains(body, "null") || !strings.Contains(body, "[]") {
			t.Errorf("%s: %s", path, body)
		}
	}
}
