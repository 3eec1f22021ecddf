// Command terraform-provider-runpodserverless serves the provider to Terraform
// and OpenTofu.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
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
	if err := serve(*debug); err != nil {
		log.Fatal(err)
	}
}

const address = "registry.terraform.io/runpodserverless/runpodserverless"

// What the end of the process waits for: a CLI that is done grants two seconds
// before it kills the provider, and one that is gone sets no limit.
const (
	graceAtEnd      = 1700 * time.Millisecond
	graceAsAnOrphan = 20 * time.Second
)

// serve serves the provider until Terraform is done with it, or gone. A debugger
// ends the process by a signal, so for one the process keeps Go's handling of
// signals, and outlives what started it.
func serve(debug bool) error {
	if err := process.LimitSDKLogs(os.Getenv, os.Setenv); err != nil {
		return err
	}
	open := new(jobrun.OpenJobs)
	server, err := provider.NewServer(build(version, commit), provider.WithOpenJobs(open))
	if err != nil {
		return err
	}
	served := provider.NewStoppable(server, debug)
	var options []tf6server.ServeOpt
	if debug {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		process.LeaveTerminationToParent()
		process.WatchParent(func() {
			end(served, open, graceAsAnOrphan)
			os.Exit(1)
		})
	}
	err = tf6server.Serve(address, func() tfprotov6.ProviderServer { return served }, options...)
	end(served, open, graceAtEnd)
	return err
}

// end ends what is under way, and cancels the jobs that nothing would ever ask
// for again.
func end(served *provider.Stoppable, open *jobrun.OpenJobs, grace time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	cancelAll := func() {
		open.CancelAll(ctx, func(job jobrun.OpenJob, err error) {
			log.Printf("[WARN] job %s on endpoint %s could not be cancelled: %v", job.ID, job.EndpointID, err)
		})
	}
	var meanwhile sync.WaitGroup
	meanwhile.Go(cancelAll)
	served.End(ctx)
	meanwhile.Wait()
	cancelAll() // what was opened until then
}
