terraform {
  required_version = ">= 1.11"

  required_providers {
    runpodserverless = {
      source  = "runpodserverless/runpodserverless"
      version = ">= 0.1.0"
    }
  }
}
