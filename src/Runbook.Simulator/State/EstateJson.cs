using System.Text.Json.Serialization;
using Runbook.Simulator.Attestation;
using Runbook.Simulator.Compute;
using Runbook.Simulator.Identity;
using Runbook.Simulator.KeyLinks;
using Runbook.Simulator.KeyVault;
using Runbook.Simulator.Monitor;
using Runbook.Simulator.Policy;
using Runbook.Simulator.Postgres;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.Sql;
using Runbook.Simulator.Storage;

namespace Runbook.Simulator.State;

/// <summary>How the estate's documents are written; members that a document should not have are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(MetaRow))]
[JsonSerializable(typeof(DueItem))]
[JsonSerializable(typeof(CallRecord))]
[JsonSerializable(typeof(Principal))]
[JsonSerializable(typeof(FaultRule))]
[JsonSerializable(typeof(ResourceGroup))]
[JsonSerializable(typeof(Resource))]
[JsonSerializable(typeof(RoleAssignment))]
[JsonSerializable(typeof(CustomRole))]
[JsonSerializable(typeof(AsyncOperation))]
[JsonSerializable(typeof(KeyStore))]
[JsonSerializable(typeof(KeyObject))]
[JsonSerializable(typeof(KeyVersion))]
[JsonSerializable(typeof(LocalAssignment))]
[JsonSerializable(typeof(LocalRole))]
[JsonSerializable(typeof(HsmJob))]
[JsonSerializable(typeof(KeyLink))]
[JsonSerializable(typeof(ManagementLock))]
[JsonSerializable(typeof(ActivityEvent))]
[JsonSerializable(typeof(PolicyObject))]
[JsonSerializable(typeof(PolicyState))]
[JsonSerializable(typeof(DiagnosticSetting))]
[JsonSerializable(typeof(StorageAccount))]
[JsonSerializable(typeof(EncryptionScope))]
[JsonSerializable(typeof(BlobContainer))]
[JsonSerializable(typeof(BlobItem))]
[JsonSerializable(typeof(BlobChunk))]
[JsonSerializable(typeof(StagedBlock))]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
[JsonSerializable(typeof(SqlDatabaseState))]
[JsonSerializable(typeof(PostgresState))]
[JsonSerializable(typeof(DiskState))]
[JsonSerializable(typeof(MachineState))]
[JsonSerializable(typeof(Alert))]
[JsonSerializable(typeof(AlertProgress))]
[JsonSerializable(typeof(Notification))]
[JsonSerializable(typeof(AttestationProvider))]
internal sealed partial class EstateJson : JsonSerializerContext;
