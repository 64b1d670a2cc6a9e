using 'main.bicep'

param location = 'eastus2'
param name_prefix = 'payments'
param stage = 'keys'
param key_store = 'managed-hsm'
param key_store_name = 'kv-hsm-prod'
param hsm_administrators = ['11111111-1111-1111-1111-111111111111']
param database_administrators = {
  name: 'payments-dba'
  object_id: '22222222-2222-2222-2222-222222222222'
}
