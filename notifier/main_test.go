package notifier_test

import (
	"testing"

	"github.com/natter-chat/natter/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
