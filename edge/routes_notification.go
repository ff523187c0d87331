package edge

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/natter-chat/natter/chat"
)

type (
	notificationsInput struct {
		Before string `query:"before" maxLength:"64" doc:"A position: what is older"`
		Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	}
	seenInput struct {
		Body struct {
			UpTo uint64 `json:"up_to" doc:"The seq of the newest notification that was seen"`
			Room string `json:"room,omitempty" maxLength:"64" doc:"Only those of this room"`
		}
	}
	notificationsAnswer struct{ Body NotificationList }
)

func (e *Edge) notificationRoutes(a *api) {
	add(a, op("notifications", http.MethodGet, "/api/notifications", "My notifications, newest first", "Notifications", scoped(chat.ScopeRead)),
		func(ctx context.Context, in *notificationsInput) (*notificationsAnswer, error) {
			list, err := e.notifications(ctx, principal(ctx), in.Before, in.Limit)
			return &notificationsAnswer{list}, err
		})
	add(a, op("markNotifications", http.MethodPost, "/api/notifications/read", "I have seen my notifications, on every device", "Notifications", scoped(chat.ScopeWrite)),
		func(ctx context.Context, in *seenInput) (*nothing, error) {
			return nil, e.markNotifications(ctx, principal(ctx), in.Body.UpTo, in.Body.Room)
		})
}

// liveRoutes are the socket and the stream. huma describes them, net/http
// serves them.
func (e *Edge) liveRoutes(a *api, mux *http.ServeMux) {
	mux.HandleFunc("GET /api/ws", e.serveWebSocket)
	mux.HandleFunc("GET /api/notifications/stream", e.serveNotifications)
	ticket := &huma.Param{Name: "ticket", In: "query", Description: "A single-use ticket, where no header can be sent", Schema: &huma.Schema{Type: "string"}}
	socket := op("socket", http.MethodGet, "/api/ws", "WebSocket, subprotocol natter.v1.json: see /asyncapi.json. Each frame asks for a scope of its own", "Live", forAll)
	socket.Parameters = []*huma.Param{ticket}
	socket.Responses = map[string]*huma.Response{"101": {Description: "The socket is open"}}
	stream := op("notificationStream", http.MethodGet, "/api/notifications/stream", "Server-sent events: my notifications as they come; see /asyncapi.json", "Live", scoped(chat.ScopeRead))
	stream.Parameters = []*huma.Param{ticket, {Name: "Last-Event-ID", In: "header", Description: "A position in the notifications: what follows it", Schema: &huma.Schema{Type: "string"}}}
	stream.Responses = map[string]*huma.Response{"200": {Description: "The stream", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: "string"}}}}}
	a.huma.OpenAPI().AddOperation(&socket)
	a.huma.OpenAPI().AddOperation(&stream)
}
