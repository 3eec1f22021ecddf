// Command terraform-provider-runpodserverless serves the provider to Terraform
// and OpenTofu.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/process"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
)

// Set by the linker on release.
var (
	version = "dev"
	commit  = "none"
)

func main() {
	debug := flag.Bool("debug", false, "serve for a debugger such as delve")
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Parse()
	if *showVersion {
		fmt.Printf("terraform-provider-%s %s (%s)\n", provider.TypeName, version, commit)
		return
	}
	process.TuneCollector()
	logger := process.DiscardLibraryLog()
	if err := serve(*debug, logger); err != nil {
		logger.Fatal(err)
	}
}

const address = "registry.terraform.io/runpodserverless/runpodserverless"

// How long shutdown may take. A CLI that has finished waits two seconds before it kills
// the provider; one that has exited does not wait.
const (
	graceOnExit   = 1700 * time.Millisecond
	graceOrphaned = 20 * time.Second
)

// serve serves the provider until Terraform has finished with it or has exited. A
// debugger ends the process with a signal, so in debug mode the process keeps Go's
// signal handling and does not exit with its parent.
func serve(debug bool, logger *log.Logger) error {
	if err := process.LimitSDKLogs(os.Getenv, os.Setenv); err != nil {
		return err
	}
	ledgers := &ledger.Registry{Persist: true}
	defer ledgers.Close() // by then Terraform has stored what the provider returned
	server, err := provider.NewServer(build(version, commit), provider.ForDebugger(debug), provider.WithLedgers(ledgers))
	if err != nil {
		return err
	}
	var options []tf6server.ServeOpt
	if debug {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		if err := process.LimitProviderLogs(provider.TypeName, os.Getenv, os.Setenv); err != nil {
			return err
		}
		process.LeaveTerminationToParent()
		process.WatchParent(func() {
			end(server, graceOrphaned, logger)
			os.Exit(1)
		})
	}
	err = tf6server.Serve(address, func() tfprotov6.ProviderServer { return server }, options...)
	end(server, graceOnExit, logger)
	return err
}

// end cancels what is in flight.
func end(server *provider.Stoppable, grace time.Duration, logger *log.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	server.End(ctx, func(job jobrun.OpenJob, err error) {
		logger.Printf("[WARN] job %s on endpoint %s could not be cancelled: %v", job.ID, job.EndpointID, err)
	})
}
