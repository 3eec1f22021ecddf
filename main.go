// Command terraform-provider-runpodserverless serves the provider to Terraform
// and OpenTofu.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

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
	tuneCollector()
	if !*debug {
		leaveTerminationToParent()
		if err := limitSDKLogs(os.Getenv, os.Setenv); err != nil {
			log.Fatal(err)
		}
	}
	err := providerserver.Serve(context.Background(), provider.New(build(version, commit)), providerserver.ServeOpts{
		Address: "registry.terraform.io/runpodserverless/runpodserverless",
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}
