package chat_test

import (
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
)

func TestARefusedLineIsToldItsBound(t *testing.T) {
	topic := strings.Repeat("x", chat.MaxTopic+1)
	for bound, err := range map[string]error{"200": chat.CheckReason("\u202e"), "250": chat.RoomChange{Topic: &topic}.Check()} {
		if chat.CodeOf(err) != chat.BadRequest || !strings.Contains(err.Error(), bound) {
			t.Errorf("%v", err)
		}
	}
}
