package acctest

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ out, want, err string }{
		"terraform":   {out: "Terraform v1.11.4\non linux_amd64\n", want: "Terraform 1.11.4"},
		"outdated":    {out: "Terraform v1.14.0-rc1\non linux_amd64\n\nYour version is out of date!\n", want: "Terraform 1.14.0-rc1"},
		"opentofu":    {out: "OpenTofu v1.12.6\non linux_amd64\n", want: "OpenTofu 1.12.6"},
		"another":     {out: "Terragrunt v0.60.0\n", err: "neither Terraform nor OpenTofu"},
		"no number":   {out: "Terraform vNext\n", err: "version"},
		"no output":   {err: "neither Terraform nor OpenTofu"},
		"later lines": {out: "warning\nTerraform v1.11.4\n", err: "neither Terraform nor OpenTofu"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := parseVersion("cli", tc.out)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Fatalf("error %v, want %q", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := p.String(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestAcceptanceTest: the pattern equals ACC in GNUmakefile.
func TestAcceptanceTest(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("../../GNUmakefile")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^ACC := (.*)$`).FindSubmatch(makefile)
	if line == nil {
		t.Fatal("GNUmakefile has no ACC")
	}
	fromMakefile := regexp.MustCompile(string(line[1]))
	for name, want := range map[string]bool{
		"TestAccJobResource_import": true, "TestAccJobResource_secrets/screen": true,
		"TestAcc": false, "TestAccepts": false, "TestJobResource_import": false, "TestWorkers_TestAccX": false,
	} {
		if got := acceptanceTest.MatchString(name); got != want || fromMakefile.MatchString(name) != want {
			t.Errorf("%s: got %t, GNUmakefile says %t, want %t", name, got, fromMakefile.MatchString(name), want)
		}
	}
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{Terraform: "registry.terraform.io", OpenTofu: "registry.opentofu.org"} {
		if got := (&Product{Name: name}).Registry(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestMissingFrom(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		out     string
		feature feature
		want    string // part of the reason; "" if the feature is available
	}{
		{"Terraform v1.13.9", actions, "the first with it is 1.14.0"},
		{"Terraform v1.14.0-beta2", actions, ""},
		{"Terraform v1.14.0", actions, ""},
		{"OpenTofu v1.12.6", actions, "OpenTofu has no actions"},
		{"Terraform v1.15.4", destroyTriggers, "the first with it is 1.16.0"},
		{"Terraform v1.17.0-dev", destroyTriggers, ""},
		{"OpenTofu v1.99.0", queries, "OpenTofu has no list resources"},
		{"Terraform v1.11.4", importByIdentity, "the first with it is 1.12.0"},
		{"OpenTofu v1.12.6", importByIdentity, ""},
		{"Terraform v1.10.0", ephemerals, ""},
		{"OpenTofu v1.10.0", ephemerals, "the first with it is 1.11.0"},
		{"OpenTofu v1.11.0", writeOnly, ""},
		{"Terraform v1.10.5", writeOnly, "the first with it is 1.11.0"},
	} {
		t.Run(tc.out+" "+tc.feature.name, func(t *testing.T) {
			t.Parallel()
			p, err := parseVersion("cli", tc.out)
			if err != nil {
				t.Fatal(err)
			}
			got := tc.feature.missingFrom(p)
			if (tc.want == "") != (got == "") || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
