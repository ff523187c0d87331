// Package deploy compares what operators install, the folder deploy, with the
// roles.
package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/natter-chat/natter/internal/roles/runedge"
	"github.com/natter-chat/natter/internal/roles/runnotifier"
	"github.com/natter-chat/natter/internal/roles/runpersister"
	"github.com/natter-chat/natter/internal/service"
)

// variables returns every variable of the roles with its default.
func variables() map[string]string {
	edge, persister, notifier := runedge.Defaults(), runpersister.Defaults(), runnotifier.Defaults()
	all := map[string]string{}
	for _, settings := range []service.Settings{&edge, &persister, &notifier} {
		for _, v := range service.Describe(settings) {
			all[v.Name] = v.Default
		}
	}
	return all
}

var assignment = regexp.MustCompile(`(?m)^(#?)([A-Z][A-Z_]+)=(.*)$`)

func TestTheEnvironmentFileHasEveryVariableAndNoOther(t *testing.T) {
	raw, err := os.ReadFile("../../deploy/systemd/natter.env")
	if err != nil {
		t.Fatal(err)
	}
	want := variables()
	seen := map[string]bool{}
	for _, line := range assignment.FindAllStringSubmatch(string(raw), -1) {
		commented, name, value := line[1] == "#", line[2], line[3]
		standard, known := want[name]
		if !known || seen[name] {
			t.Errorf("%s: no role reads it, or it stands there twice", name)
		}
		seen[name] = true
		if commented && standard != "" && name != "NATTER_OPS_LISTEN" && value != standard {
			t.Errorf("%s: the default is %q, the file says %q", name, standard, value)
		}
	}
	for name := range want {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
}

// Hardening that a unit of any role must keep.
var hardening = []string{"DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes",
	"PrivateDevices=yes", "CapabilityBoundingSet=", "RestrictNamespaces=yes", "SystemCallFilter=@system-service", "UMask=0077", "Restart=always"}

func TestEveryUnitIsHardenedAndSetsOnlyKnownVariables(t *testing.T) {
	units, err := filepath.Glob("../../deploy/systemd/*.service")
	if err != nil || len(units) != 4 {
		t.Fatalf("units: %v, %v", units, err)
	}
	known := variables()
	for _, unit := range units {
		raw, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(raw), "\n")
		has := map[string]bool{}
		for _, line := range lines {
			has[line] = true
			for _, assign := range strings.Fields(strings.TrimPrefix(line, "Environment=")) {
				name, _, _ := strings.Cut(assign, "=")
				if _, ok := known[name]; strings.HasPrefix(line, "Environment=") && !ok {
					t.Errorf("%s sets %s, which no role reads", unit, name)
				}
			}
		}
		for _, line := range hardening {
			if !has[line] {
				t.Errorf("%s lacks %s", unit, line)
			}
		}
	}
}
