@export()
@description('Durations are ISO 8601. What is left out is 180 days, two years and thirty days.')
type rotation_policy = {
  rotate_after: string?
  expire_after: string?
  notify_before_expiry: string?
}

@export()
@description('An Entra group.')
type administrators = {
  name: string
  object_id: string
}

@export()
@description('The rotation policy where the caller leaves something out. Three rotations fit into one expiry.')
var default_rotation = {
  rotate_after: 'P180D'
  expire_after: 'P2Y'
  notify_before_expiry: 'P30D'
}
