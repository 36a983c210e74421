# What the box is for: nothing is installed twice, so that it may be run again.
$ErrorActionPreference = 'Stop'
Enable-WindowsOptionalFeature -Online -FeatureName NetFx3 -All -NoRestart | Out-Null
