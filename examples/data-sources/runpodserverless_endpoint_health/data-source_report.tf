data "runpodserverless_endpoint_health" "report" {
  wait_until = {
    jobs_in_queue_max = 100
  }
  fail_if_unmet = false

  timeouts = {
    read = "30s"
  }
}

output "unmet" {
  value = data.runpodserverless_endpoint_health.report.unmet
}
