package edge

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/search"
)

type (
	searchInput struct {
		Query  string    `query:"q" required:"true" maxLength:"200" doc:"Words, which are found at the beginning of words; Hangul, Han and kana inside of them. All must be there. In double quotes: one after the other, whole"`
		Room   string    `query:"room" maxLength:"64" doc:"Only in this room of mine"`
		Author string    `query:"author" maxLength:"64" doc:"Only what this person wrote: their id or name"`
		Since  time.Time `query:"since" doc:"Only what was posted then or later"`
		Until  time.Time `query:"until" doc:"Only what was posted before"`
		Before string    `query:"before" maxLength:"64" doc:"next of the page before"`
		Limit  int       `query:"limit" minimum:"1" maximum:"100" default:"50"`
	}
	searchAnswer struct{ Body SearchPage }
)

// SearchPage is a page of what was found, newest first.
type SearchPage struct {
	Items    []chat.FoundItem `json:"items" nullable:"false"`
	Next     string           `json:"next,omitempty" doc:"Pass as before; absent at the end. A page that took long is shorter than its limit, perhaps empty, and has a next"`
	Position string           `json:"position" doc:"Messages up to here were looked at; later ones, of the last moments, were not yet"`
}

func (e *Edge) searchRoutes(a *api) {
	add(a, op("search", http.MethodGet, "/api/search", "Messages in my rooms, newest first", "Messages", scoped(chat.ScopeRead), limited(boundSearches)),
		func(ctx context.Context, in *searchInput) (*searchAnswer, error) {
			page, err := e.search(ctx, principal(ctx), in)
			return &searchAnswer{page}, err
		})
}

// search returns a page of what somebody looks for, in what they may see.
func (e *Edge) search(ctx context.Context, who chat.Principal, in *searchInput) (SearchPage, error) {
	query, err := search.Parse(in.Query)
	if err != nil {
		return SearchPage{}, err
	}
	f := chat.SearchFor{Reader: who.User.ID, Room: in.Room, Author: in.Author, Since: in.Since, Until: in.Until, Limit: in.Limit}
	if f.Room != "" {
		if err := chat.CheckID("room", f.Room); err != nil {
			return SearchPage{}, err
		}
	}
	if err := checkPlain("author", f.Author); err != nil {
		return SearchPage{}, err
	}
	if in.Before != "" {
		if f.Before, err = e.cursor(ctx, events.Chat, "before", in.Before); err != nil {
			return SearchPage{}, err
		}
		f.Before = max(f.Before, 1)
	}
	found, err := e.Finder.Search(ctx, f, query)
	if err != nil {
		return SearchPage{}, err
	}
	items, err := e.asNow(ctx, query, found)
	if err != nil {
		return SearchPage{}, err
	}
	page := SearchPage{Items: listOf(items), Position: e.position(events.Chat, found.Offset)}
	if found.More {
		page.Next = e.position(events.Chat, found.Before)
	}
	return page, nil
}

// asNow brings what was found up to date with what the log has after the rows: a
// message that was deleted, or says something else by now, is not found.
func (e *Edge) asNow(ctx context.Context, query search.Query, found chat.Found) ([]chat.FoundItem, error) {
	rooms := map[string]amended{}
	for _, item := range found.Items {
		rooms[item.Room] = amended{}
	}
	behind, err := e.behind(ctx, slices.Collect(maps.Keys(rooms)), found.Offset)
	if err != nil {
		return nil, err
	}
	for room := range behind {
		if rooms[room], err = e.amendedSince(ctx, room, found.Offset); err != nil {
			return nil, err
		}
	}
	var items []chat.FoundItem
	for _, item := range found.Items {
		now := []chat.Item{{Seq: item.Seq, Event: item.Event}}
		if !rooms[item.Room].apply(now) || says(query, now[0].Event) {
			items = append(items, chat.FoundItem{Room: item.Room, Seq: item.Seq, Event: now[0].Event})
		}
	}
	return items, nil
}

// says reports whether a message, as history shows it, has what is looked for.
func says(query search.Query, event []byte) bool {
	ev, err := events.Decode(event)
	if err != nil || ev.Type != events.MessagePosted {
		return false
	}
	data, err := events.DataOf[events.MessagePostedData](ev)
	return err == nil && query.Matches(data.Text)
}
