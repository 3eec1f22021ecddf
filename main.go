// Command terraform-provider-runpodserverless serves the provider to Terraform
// and OpenTofu.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

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

// serve serves the provider until Terraform is done with it. A debugger ends the
// process by a signal, so for one the process keeps Go's handling of signals.
func serve(debug bool) error {
	var options []tf6server.ServeOpt
	if debug {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		process.LeaveTerminationToParent()
	}
	if err := process.LimitSDKLogs(os.Getenv, os.Setenv); err != nil {
		return err
	}
	server, err := provider.NewServer(build(version, commit), provider.ForDebugger(debug))
	if err != nil {
		return err
	}
	return tf6server.Serve(address, func() tfprotov6.ProviderServer { return server }, options...)
}
