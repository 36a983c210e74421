# Packer settings for the guest that unattend.toml describes, made with its medium.
# The options fit any builder that installs from an ISO: change qemu, and add disk, memory, network.
# Packer 1.7 and later: add the builder's plugin (packer plugins install).
# The password comes from the environment: UNATTEND_WINRM_PASSWORD.

variable "iso_url" {
  type = string
}

variable "iso_checksum" {
  type = string
}

variable "winrm_password" {
  type      = string
  default   = env("UNATTEND_WINRM_PASSWORD")
  sensitive = true
}

source "qemu" "windows" {
  iso_url      = var.iso_url
  iso_checksum = var.iso_checksum

  # A guest on UEFI reads no floppy. Packer needs xorriso or the like for it.
  cd_files = [
    "${path.root}/../Autounattend.xml",
    "${path.root}/../winrmConfig.bat",
    "${path.root}/../winrmClose.bat",
    "${path.root}/../$OEM$",
  ]

  cd_label       = "UNATTEND"
  communicator   = "winrm"
  winrm_username = "arm"
  winrm_password = var.winrm_password

  # Also what Packer allows every single command; the guest's MaxTimeoutms is not less.
  winrm_timeout = "30m"

  # The guest stays open for whoever uses it next. To take everything back instead: cmd.exe /d /c "%ProgramData%\unattend\winrmClose.bat" shutdown
  shutdown_command = "shutdown /s /t 10 /f /d p:4:1 /c \"Packer Shutdown\""
}

build {
  sources = ["source.qemu.windows"]
}
