run "shouts" {
  assert {
    condition     = try(output.answer.text, null) == "HELLO"
    error_message = "The worker answered ${jsonencode(output.answer)}."
  }
}

run "shouts_not_only_ascii" {
  variables {
    text = "grün"
  }

  assert {
    condition     = try(output.answer.text, null) == "GRÜN"
    error_message = "The worker answered ${jsonencode(output.answer)}."
  }
}
