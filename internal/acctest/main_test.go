package acctest_test

import (
	"os"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

func TestMain(m *testing.M) { os.Exit(acctest.Run(m)) }
