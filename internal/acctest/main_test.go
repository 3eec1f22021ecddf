package acctest_test

import (
	"os"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

func TestMain(m *testing.M) { os.Exit(acctest.Run(m)) }

// newCLI returns a CLI, without the race detector only: of the programs that it
// starts none has it, so that it would watch nothing but the test.
func newCLI(t *testing.T) *acctest.CLI {
	t.Helper()
	acctest.SkipWithRace(t)
	return acctest.NewCLI(t)
}
