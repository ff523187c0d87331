package chat_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/natter-chat/natter/chat"
)

func TestTheCodeIsFoundInAnyChain(t *testing.T) {
	refused := &chat.Error{Code: chat.LogFull, Detail: "The log is full.", Cause: io.ErrShortWrite}
	wrapped := fmt.Errorf("publish: %w", refused)
	if chat.CodeOf(wrapped) != chat.LogFull || chat.CodeOf(nil) != "" || chat.CodeOf(io.EOF) != chat.Internal {
		t.Error("a code was lost")
	}
	if !errors.Is(wrapped, &chat.Error{Code: chat.LogFull}) || errors.Is(wrapped, &chat.Error{Code: chat.Overloaded}) {
		t.Error("errors.Is does not compare codes")
	}
	if !errors.Is(wrapped, io.ErrShortWrite) {
		t.Error("the cause is hidden from errors.Is")
	}
}
