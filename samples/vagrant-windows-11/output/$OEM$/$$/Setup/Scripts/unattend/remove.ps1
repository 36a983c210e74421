# Removes apps for every user to come, and capabilities. Runs any number of times.
$ErrorActionPreference = 'Stop'
$failures = 0

$provisioned = @(Get-AppxProvisionedPackage -Online)
foreach ($name in @('Microsoft.BingNews', 'Microsoft.GamingApp')) {
    $found = @($provisioned | Where-Object { $_.DisplayName -eq $name })
    if ($found.Count -eq 0) {
        Write-Output "the image has no app $name"
    }
    foreach ($package in $found) {
        try {
            $package | Remove-AppxProvisionedPackage -Online -ErrorAction Stop | Out-Null
            Write-Output "removed the app $name"
        } catch {
            $failures += 1
            Write-Output "the app $name stays: $_"
        }
    }
}

$present = @(Get-WindowsCapability -Online | Where-Object { 'Installed', 'InstallPending' -contains $_.State })
foreach ($name in @('Browser.InternetExplorer')) {
    $found = @($present | Where-Object { ($_.Name -split '~')[0] -eq $name })
    if ($found.Count -eq 0) {
        Write-Output "the image has no capability $name"
    }
    foreach ($capability in $found) {
        try {
            $capability | Remove-WindowsCapability -Online -ErrorAction Stop | Out-Null
            Write-Output "removed the capability $name"
        } catch {
            $failures += 1
            Write-Output "the capability $name stays: $_"
        }
    }
}

exit $failures
